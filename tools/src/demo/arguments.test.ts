// The demo's command line, its destination and its status line.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppError } from '@headend/core';
import { parseDemoArguments } from './arguments.ts';
import { bootstrapDestination } from './destination.ts';
import { signalOptions } from './options.ts';
import { withoutKey } from './rtmp-connection.ts';
import { statusLine } from './status-line.ts';

test('reads sizes, rates and bitrates as people write them', () => {
  const { signal, url, key, dataFolder } = parseDemoArguments(
    ['--size', '1920x1080', '--fps', '29.97', '--bitrate', '2.5M', '--codec', 'hevc', '--url', 'rtmp://h/live'],
    { HEADEND_STREAM_KEY: 'secret', HEADEND_DATA: '/d' },
  );
  assert.deepEqual(signal, { width: 1920, height: 1080, fps: 29.97, bitrate: 2_500_000, codec: 'hevc' });
  assert.deepEqual([url, key, dataFolder], ['rtmp://h/live', 'secret', '/d']);
  assert.equal(parseDemoArguments(['--bitrate', '800k'], {}).signal.bitrate, 800_000);
});

test('says what is wrong', () => {
  for (const args of [['--size', 'big'], ['--fps', 'x'], ['--bitrate', '1G'], ['--codec', 'vp9'], ['--nonsense'], ['stray']]) {
    assert.throws(() => parseDemoArguments(args, {}), AppError, args.join(' '));
  }
  assert.throws(() => signalOptions({ width: 641 }), /even/);
  assert.throws(() => signalOptions({ fps: 0 }), /between/);
  assert.throws(() => signalOptions({ bitrate: Number.NaN }), /between/);
});

test('finds a running server by its data folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'headend-demo-'));
  try {
    await assert.rejects(bootstrapDestination(folder), /Start the server/);
    await writeFile(join(folder, 'bootstrap.json'), JSON.stringify({ streamKey: 'k', urls: { rtmp: 'rtmp://127.0.0.1:1935/live' } }));
    assert.deepEqual(await bootstrapDestination(folder), { url: 'rtmp://127.0.0.1:1935/live', key: 'k' });
    await writeFile(join(folder, 'bootstrap.json'), '{}');
    await assert.rejects(bootstrapDestination(folder), /no RTMP address/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('never shows the stream key', () => {
  assert.equal(withoutKey('rtmp://h:1/live/live_secret?x=1', undefined), 'rtmp://h:1/live');
  assert.equal(withoutKey('rtmp://h:1/live?token=t', 'k'), 'rtmp://h:1/live');
});

test('one line rewrites itself on a terminal; elsewhere there is one per change and per half minute', () => {
  const show = (isTTY: boolean): string => {
    const written: string[] = [];
    const line = statusLine({ isTTY, write: (text) => written.push(text) }, 'rtmp://h/live');
    line({ type: 'live' });
    for (let second = 1; second <= 61; second++) line({ type: 'running', fps: 30, kbps: 2500, uptimeMs: second * 1000, framesLost: 0 });
    line({ type: 'lost', reason: 'gone', retryInMs: 500 });
    return written.join('');
  };
  assert.equal(show(false).split('\n').length - 1, 4);
  assert.equal(show(true).split('\r').length - 1, 61);
  assert.match(show(true), /\ndemo: gone; trying again in 0\.5 s\n$/);
});
