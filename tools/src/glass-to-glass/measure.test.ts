// The meter against a signal whose truth is known: the demo signal, generated ahead of time, played by Chromium from memory, with
// its sound in place and with its sound shifted.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { invariant, ticks } from '@headend/core';
import { type Frame, type Track, writeChunk, writeInitSegment } from '@headend/media';
import { SignalGenerator } from '../demo/generator.ts';
import { signalOptions } from '../demo/options.ts';
import { measureGlassToGlass } from './measure.ts';
import type { GlassToGlassReport } from './report.ts';

const START_WALL = 1_800_000_000_000;
const SECONDS = 7;
/** Whole AAC frames, so that the shift needs no rounding: 9 × 1024 samples are 192 ms. */
const SHIFT_FRAMES = 9;

const generate = async (): Promise<{ tracks: readonly Track[]; frames: readonly Frame[] }> => {
  let elapsed = 0;
  const generator = new SignalGenerator(signalOptions({ width: 640, height: 360, bitrate: 1_000_000, durationSeconds: SECONDS }), {
    wallNow: () => START_WALL + Math.round(elapsed),
    monotonicNow: () => elapsed,
    sleepUntil: async (at) => {
      elapsed = Math.max(elapsed, at);
    },
  });
  const frames: Frame[] = [];
  for await (const batch of generator.run(new AbortController().signal)) frames.push(...batch);
  return { tracks: generator.tracks, frames };
};

const asMp4 = (track: Track, all: readonly Frame[], shift: number): Buffer => {
  const frames = all.filter((frame) => frame.trackId === track.id);
  const duration = ticks((frames[1]?.dts ?? 0) - (frames[0]?.dts ?? 0));
  const chunk = writeChunk({
    sequence: 1,
    track,
    baseDecodeTime: ticks((frames[0]?.dts ?? 0) + shift * duration),
    samples: frames.map(({ key, data }) => ({ duration, compositionOffset: ticks(0), key, data })),
  });
  return Buffer.concat([writeInitSegment(track), chunk]);
};

/** The video sits in a shadow root, as in <headend-player>. */
const html = (shift: number, videoType: string): string => `<!doctype html><x-player></x-player><script>
const root = document.querySelector('x-player').attachShadow({ mode: 'open' });
const video = document.createElement('video');
video.muted = true;
root.append(video);
const source = new MediaSource();
video.src = URL.createObjectURL(source);
source.addEventListener('sourceopen', async () => {
  const types = { video: 'video/mp4; codecs="${videoType}"', audio: 'audio/mp4; codecs="mp4a.40.2"' };
  const buffers = Object.entries(types).map(([kind, type]) => [kind, source.addSourceBuffer(type)]);
  await Promise.all(buffers.map(async ([kind, buffer]) => {
    const bytes = await (await fetch('/' + kind + '?shift=${shift}')).arrayBuffer();
    await new Promise((done) => { buffer.onupdateend = done; buffer.appendBuffer(bytes); });
  }));
  source.endOfStream();
  video.currentTime = 0.25;
  await video.play();
});
</script>`;

describe('glass to glass', { skip: !existsSync(process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium') && 'no Chromium' }, () => {
  const server = createServer();
  let base = '';

  before(async () => {
    const { tracks, frames } = await generate();
    const [video, audio] = tracks;
    invariant(video && audio, 'both tracks');
    server.on('request', (request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const shift = Number(url.searchParams.get('shift') ?? '0');
      response.setHeader('content-type', url.pathname === '/' ? 'text/html' : 'video/mp4');
      if (url.pathname === '/video') response.end(asMp4(video, frames, 0));
      else if (url.pathname === '/audio') response.end(asMp4(audio, frames, shift));
      else response.end(html(shift, video.codecString));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    invariant(typeof address === 'object' && address !== null, 'a port');
    base = `http://127.0.0.1:${address.port}/`;
  });

  after(async () => {
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  });

  const measure = (shift: number): Promise<GlassToGlassReport> =>
    measureGlassToGlass({ url: `${base}?shift=${shift}`, seconds: 5, settleSeconds: 1 });

  test('reads the clock of every frame and finds sound and picture together', async (t) => {
    const report = await measure(0);
    t.diagnostic(JSON.stringify(report));
    assert.equal(report.framesUnread, 0);
    assert.equal(report.picture.width, 640);
    invariant(report.latencyMs, 'a latency');
    assert.ok(Math.abs(Date.now() - START_WALL - report.latencyMs.p50) < 60_000);
    invariant(report.avOffsetMs, `an offset (audio ${report.audio})`);
    assert.ok(report.avOffsetMs.count >= 3);
    assert.ok(Math.abs(report.avOffsetMs.median) < 45, `offset ${report.avOffsetMs.median}`);
  });

  test('finds sound that is late', async (t) => {
    const report = await measure(SHIFT_FRAMES);
    t.diagnostic(JSON.stringify(report));
    invariant(report.avOffsetMs, `an offset (audio ${report.audio})`);
    assert.ok(Math.abs(report.avOffsetMs.median - (SHIFT_FRAMES * 1024) / 48) < 45, `offset ${report.avOffsetMs.median}`);
  });
});
