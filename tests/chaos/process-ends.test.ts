// How a server refuses to start, and how it ends when it is asked to.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { afterwards } from '../kit/cleanup.ts';
import { eventually } from '../kit/eventually.ts';
import { type Bootstrap, launchHeadend, startHeadend, temporaryFolder } from '../kit/headend.ts';
import { LiveViewer } from '../kit/live-viewer.ts';
import { makeClip, publishFile } from '../kit/media.ts';
import { missing, type Program } from '../kit/program.ts';
import { cannotMount, SmallDisk } from '../kit/small-disk.ts';

const START_DEADLINE_MS = 60_000;

const takenPort = async (t: TestContext): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(t, () => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
};

/** Runs a server that is not meant to come up; ends it all the same. */
const refusal = async (t: TestContext, program: Program): Promise<string> => {
  afterwards(t, () => program.stop('SIGKILL'));
  await eventually('the server gives up', START_DEADLINE_MS, () => !program.running);
  assert.equal(await program.exited, 1, program.output);
  assert.doesNotMatch(program.output, /^\s+at .*:\d+:\d+/m, 'a person reads a sentence, not a stack');
  return program.output;
};

/** Processes whose data folder is this one. */
const processesOn = async (dataFolder: string): Promise<readonly string[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const mine = await Promise.all(
    pids.map(async (pid) => (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).includes(`HEADEND_DATA=${dataFolder}\0`)),
  );
  return pids.filter((_, i) => mine[i] === true);
};

suite('a server process', { timeout: 120_000 }, () => {
  for (const [setting, env] of [
    ['http.port', 'HEADEND_HTTP_PORT'],
    ['rtmp.port', 'HEADEND_RTMP_PORT'],
  ] as const) {
    test(`a port that is taken stops the start and names ${setting}`, async (t) => {
      const port = await takenPort(t);
      const folder = await temporaryFolder(t, 'data');
      const output = await refusal(t, launchHeadend(folder, { [env]: String(port) }));
      assert.match(output, new RegExp(`headend: ${setting.replace('.', '\\.')}: cannot listen on 127\\.0\\.0\\.1:${port}.*taken.*${env}`));
      assert.deepEqual(await processesOn(folder), []);
      assert.ok(!(await readdir(folder)).includes('headend.lock'), 'the lock was given back');
    });
  }

  test('a second server on one data folder is refused; the first does not notice', async (t) => {
    const first = await startHeadend(t);
    const output = await refusal(t, launchHeadend(first.dataFolder));
    assert.match(output, /another server \(process \d+.*uses the data folder.*HEADEND_DATA/);
    assert.ok((await fetch(`${first.api}/readyz`)).ok);
  });

  test('a data folder on a read-only file system stops the start', { skip: cannotMount() }, async (t) => {
    const disk = SmallDisk.mount(t, 1);
    disk.makeReadOnly();
    assert.match(await refusal(t, launchHeadend(disk.folder)), /is on a read-only file system.*HEADEND_DATA/);
  });

  test('a data folder without room stops the start', { skip: cannotMount() }, async (t) => {
    const disk = SmallDisk.mount(t, 1);
    await disk.fill();
    assert.match(await refusal(t, launchHeadend(disk.folder)), /no room left|cannot be opened/);
  });

  test('SIGINT ends a server without streams at once', async (t) => {
    const server = await startHeadend(t);
    await server.stop('SIGINT');
    assert.equal(await server.program.exited, 0, server.program.output);
    assert.deepEqual(await processesOn(server.dataFolder), [], 'no process is left');
  });

  test('SIGTERM in the middle of a live stream ends cleanly and leaves everything for the next start', {
    skip: missing('ffmpeg'),
  }, async (t) => {
    const folder = await temporaryFolder(t, 'clip');
    const clip = await makeClip(t, folder, 'clip', { seconds: 30 });
    const first = await startHeadend(t);
    publishFile(t, clip, first.publishUrl);
    const { id } = await first.liveStream();
    const viewer = await LiveViewer.watch(t, first, id);
    await viewer.advances(1);
    const openMsn = viewer.msn + 1;
    const stopping = performance.now();
    await first.stop('SIGTERM');
    assert.equal(await first.program.exited, 0, first.program.output);
    t.diagnostic(`ended within ${Math.round(performance.now() - stopping)} ms`);
    assert.deepEqual(await processesOn(first.dataFolder), [], 'no process is left');

    const second = await startHeadend(t, { dataFolder: first.dataFolder });
    const bootstrap = JSON.parse(await readFile(path.join(first.dataFolder, 'bootstrap.json'), 'utf8')) as Bootstrap;
    assert.deepEqual({ ...bootstrap, urls: undefined }, { ...first.bootstrap, urls: undefined }, 'keys stay what they were');
    assert.equal(bootstrap.urls.api, second.api);
    assert.ok((await fetch(`${bootstrap.urls.api}/healthz`)).ok, 'the addresses are those of this run');
    const again = await LiveViewer.watch(t, second, id);
    const segments = again.playlists.map(({ segments, mediaSequence }) => segments[openMsn - mediaSequence]);
    assert.ok(
      segments.every((segment) => segment !== undefined && !segment.gap),
      'the open segments were closed and written',
    );
  });
});
