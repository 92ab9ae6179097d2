// A disk that fills up under a live stream and under the database, and is freed again: viewers notice nothing, the log says it once, the
// process lives, and afterwards everything is written again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asAdmin, channelStream, createChannel } from '../kit/channels.ts';
import { eventually } from '../kit/eventually.ts';
import { assertConformant } from '../kit/follow.ts';
import { type Headend, startHeadend, temporaryFolder } from '../kit/headend.ts';
import { LiveViewer } from '../kit/live-viewer.ts';
import { makeClip, publishFile } from '../kit/media.ts';
import { missing } from '../kit/program.ts';
import { cannotMount, SmallDisk } from '../kit/small-disk.ts';

/** An empty database takes about 40 MiB of it. */
const DISK_MIB = 128;
/** A heartbeat of the streams goes to the database in this time. */
const SEGMENTS_ON_FULL_DISK = 4;

const MAX_ROWS = 300;

const occurrences = (text: string, what: string): number => text.split(what).length - 1;

/** Rows until a table needs a page that the disk has not got. The distinct statuses, in order of appearance. */
const overfillDatabase = async (server: Headend): Promise<readonly number[]> => {
  const statuses = new Set<number>();
  for (let i = 0; i < MAX_ROWS && ![...statuses].some((status) => status >= 500); i++) {
    const init = asAdmin(server, 'POST', { id: `full-${i}`, title: 'x'.repeat(90) });
    statuses.add((await fetch(`${server.api}/v1/channels`, init)).status);
  }
  return [...statuses];
};

test('disk full: live playback goes on from memory; freed: all is written again', {
  skip: missing('ffmpeg') || cannotMount(),
  timeout: 120_000,
}, async (t) => {
  const disk = SmallDisk.mount(t, DISK_MIB);
  const folder = await temporaryFolder(t, 'clip');
  const clip = await makeClip(t, folder, 'clip', { seconds: 100 });
  const server = await startHeadend(t, { dataFolder: disk.folder });
  const encoder = publishFile(t, clip, server.publishUrl);
  const { id } = await server.liveStream();
  const viewer = await LiveViewer.watch(t, server, id);
  await viewer.advances(1);
  t.diagnostic(`${((await disk.freeBytes()) / 2 ** 20).toFixed(0)} MiB are free with a live stream`);

  await disk.fill();
  await viewer.advances(SEGMENTS_ON_FULL_DISK);
  assert.ok(server.program.running, server.program.output);
  assert.equal(occurrences(server.program.output, 'segments cannot be written'), 1, server.program.output);
  for (const follower of viewer.client.followers.values()) {
    const { playlist } = await follower.refresh();
    const newest = playlist.segments.at(-1);
    assert.ok(newest !== undefined && !newest.gap);
    assert.equal((await fetch(new URL(newest.uri, follower.url))).status, 200, 'a segment that only memory has');
  }
  assert.equal((await fetch(`${server.api}/healthz`)).status, 200);
  const ready = await fetch(`${server.api}/readyz`);
  assert.equal(ready.status, 503, 'readiness tells that the disk is full');
  const answers = await overfillDatabase(server);
  t.diagnostic(`the database on the full disk: ${answers.join(', ')}`);
  assert.deepEqual(answers, [201, 507], 'storage_full, which may be tried again');
  assert.ok(server.program.running, server.program.output);

  await disk.release();
  await eventually('segments are written again', 20_000, () => occurrences(server.program.output, 'segments are written again') === 1);
  await viewer.advances(2);
  await createChannel(server, 'after');
  assert.equal((await fetch(`${server.api}/readyz`)).status, 200);
  assert.equal((await channelStream(server, 'main'))?.id, id);
  assert.ok(encoder.running, encoder.output);
  assertConformant(viewer.client);
  assert.deepEqual(viewer.failures, []);
  assert.doesNotMatch(server.program.output, /by a bug of ours|packager failed|cannot go on/);
  await server.stop('SIGTERM');
  assert.equal(await server.program.exited, 0, server.program.output);
});
