// What a restart finds after kill -9: closed segments intact and listed, numbers going on, nothing half written believed.

import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { millis } from '@headend/core';
import { parseMediaPlaylist } from '@headend/manifest';
import { FsSegmentFiles } from '../stores/segments/fs.ts';
import { MemorySegmentFiles } from '../stores/segments/memory.ts';
import { MAX_STALE_LINES } from './journal.ts';
import type { LivePresentation } from './live-presentation.ts';
import { bytesOf, checkPlaylists, SyntheticEncoder, testTokens, VirtualClock } from './origin.test-kit.ts';
import { Origin } from './origin.ts';
import type { SegmentFiles } from './ports.ts';

const makeOrigin = (files: SegmentFiles, clock = new VirtualClock()) => ({
  clock,
  origin: new Origin({ clock, files, tokens: testTokens, windowMs: millis(20_000) }),
});

const encode = new TextEncoder();

const parsed = (presentation: LivePresentation, id = 'v0') => {
  const rendition = presentation.rendition(id);
  assert.ok(rendition);
  const playlist = parseMediaPlaylist(presentation.playlist(rendition, false).text);
  assert.ok(playlist.ok);
  return playlist.value;
};

/** A process that published three segments and part of a fourth, then died. */
const crashed = async (files: SegmentFiles, segments = 3): Promise<Map<string, string>> => {
  const { origin, clock } = makeOrigin(files);
  const presentation = origin.open('st_1');
  const encoder = new SyntheticEncoder(presentation, clock);
  encoder.start();
  for (let i = 0; i < segments; i++) {
    encoder.segments(1);
    await presentation.keeper.idle();
  }
  encoder.part();
  return checkPlaylists(presentation);
};

const recover = async (files: SegmentFiles) => {
  const made = makeOrigin(files);
  const ids = await made.origin.recover();
  const presentation = made.origin.get('st_1');
  assert.ok(presentation);
  return { ...made, ids, presentation };
};

test('a restart lists the closed segments as they were and continues the numbers with a discontinuity', async () => {
  const files = new MemorySegmentFiles();
  const before = await crashed(files);
  const { ids, presentation, clock } = await recover(files);
  assert.deepEqual(ids, ['st_1']);
  const old = parseMediaPlaylist(before.get('v0') ?? '');
  assert.ok(old.ok);
  assert.deepEqual(parsed(presentation).segments, old.value.segments);
  const resume = presentation.resumePoint;
  assert.equal(resume?.nextMsn, 3);
  assert.equal(resume?.targetDurationSeconds, 2);
  assert.deepEqual(resume?.renditions.get('v0'), { partTargetMs: 200, nextInitIndex: 1 });
  const texts = checkPlaylists(presentation);
  const encoder = new SyntheticEncoder(presentation, clock, { msn: 3, initIndex: 1, mediaMs: 30_000 });
  encoder.start(true);
  encoder.part();
  // Part numbers differ from those that the former process may have handed to a cache.
  assert.equal(parsed(presentation).open?.parts[0]?.uri, '3.1000.m4s');
  assert.equal(parsed(presentation).preloadHints[0]?.uri, '3.1001.m4s');
  const next = checkPlaylists(presentation, texts);
  encoder.part();
  encoder.cut();
  encoder.part();
  checkPlaylists(presentation, next);
  assert.deepEqual(
    parsed(presentation).segments.map(({ discontinuity }) => discontinuity),
    [false, false, false, true],
  );
});

test('segments, parts and init segments of the former process are served', async () => {
  const files = new MemorySegmentFiles();
  await crashed(files);
  const { presentation } = await recover(files);
  const rendition = presentation.rendition('v0');
  assert.ok(rendition);
  const location = rendition.timeline.part('1.4');
  assert.ok(location);
  assert.deepEqual(await presentation.keeper.read('v0', '1.m4s', location.segment.parts[location.index]), bytesOf('v0', 1, 4));
  assert.ok(await presentation.keeper.read('v0', 'init-0.mp4'));
});

test('a second restart is told apart from the first', async () => {
  const files = new MemorySegmentFiles();
  await crashed(files);
  const first = await recover(files);
  await first.presentation.keeper.idle();
  const { presentation } = await recover(files);
  assert.equal(parsed(presentation).preloadHints[0]?.uri, '3.2000.m4s');
});

test('an ended stream stays ended', async () => {
  const files = new MemorySegmentFiles();
  const { origin, clock } = makeOrigin(files);
  const encoder = new SyntheticEncoder(origin.open('st_1'), clock);
  encoder.start();
  encoder.segments(2);
  origin.get('st_1')?.end();
  await origin.close();
  const { presentation } = await recover(files);
  assert.equal(presentation.ended, true);
  assert.equal(parsed(presentation).ended, true);
  checkPlaylists(presentation);
});

test('a torn last line costs that line only', async () => {
  const files = new MemorySegmentFiles();
  await crashed(files);
  const journal = await files.read('st_1/timeline.jsonl');
  assert.ok(journal);
  await files.write('st_1/timeline.jsonl', [journal.slice(0, -20)]);
  const { presentation, clock } = await recover(files);
  // The torn line was a0's third segment: it becomes a gap once the timeline goes on.
  assert.equal(parsed(presentation, 'a0').segments.length, 2);
  assert.equal(presentation.resumePoint?.nextMsn, 3);
  const encoder = new SyntheticEncoder(presentation, clock, { msn: 3, initIndex: 1, mediaMs: 30_000 });
  encoder.start(true);
  encoder.segments(1);
  await presentation.keeper.idle();
  assert.deepEqual(
    parsed(presentation, 'a0').segments.map(({ gap }) => gap),
    [false, false, true, false],
  );
  checkPlaylists(presentation);
  const again = await recover(files);
  assert.equal(parsed(again.presentation, 'v0').segments.length, 4);
  checkPlaylists(again.presentation);
});

test('half a segment and a missing one stay as gaps; strangers in the folder go', async () => {
  const root = await mkdtemp(join(tmpdir(), 'headend-recovery-'));
  const files = new FsSegmentFiles(root);
  await crashed(files);
  await truncate(join(root, 'st_1/v0/1.m4s'), 100);
  await rm(join(root, 'st_1/v0/0.m4s'));
  await writeFile(join(root, 'st_1/v0/99.m4s'), 'stranger');
  const { presentation, origin } = await recover(files);
  assert.deepEqual(
    parsed(presentation).segments.map(({ gap }) => gap),
    [true, true, false],
  );
  assert.deepEqual((await files.list('st_1/v0')).map(({ name }) => name).toSorted(), ['2.m4s', 'init-0.mp4']);
  checkPlaylists(presentation);
  await origin.close();
  await rm(root, { recursive: true });
});

test('folders without a journal, or with garbage for one, are left alone', async () => {
  const files = new MemorySegmentFiles();
  await files.write('st_1/v0/1.m4s', [encode.encode('x')]);
  await files.write('st_2/timeline.jsonl', [encode.encode('\0\0{"t":"begin"}\n[]\n{"t":"seg","r":1}\n{"t":"__proto__"}\nnull')]);
  const { origin } = makeOrigin(files);
  assert.deepEqual(await origin.recover(), []);
});

test('a segment whose date no calendar has is not believed', async () => {
  const files = new MemorySegmentFiles();
  await crashed(files);
  const journal = new TextDecoder().decode(await files.read('st_1/timeline.jsonl'));
  // Found by the byte fuzzer: zeros behind a date, and the playlist could not be printed.
  await files.write('st_1/timeline.jsonl', [encode.encode(journal.replaceAll(/("msn":2,.*?"pdt":\d+)/g, '$1000000'))]);
  const { presentation } = await recover(files);
  assert.equal(parsed(presentation).segments.length, 2);
  checkPlaylists(presentation);
});

test('a long stream has a short journal, and recovers its counters from it', async () => {
  const files = new MemorySegmentFiles();
  const { origin, clock } = makeOrigin(files);
  const presentation = origin.open('st_1');
  const encoder = new SyntheticEncoder(presentation, clock, { ids: ['v0'] });
  encoder.start();
  encoder.segments(1);
  encoder.part();
  encoder.interrupt(1000);
  let longest = 0;
  for (let i = 0; i < MAX_STALE_LINES + 50; i++) {
    for (let part = 0; part < 5; part++) encoder.part();
    encoder.cut();
    if (i % 20 === 0) {
      await presentation.keeper.idle();
      longest = Math.max(longest, presentation.keeper.journalLines);
    }
  }
  await presentation.keeper.idle();
  assert.ok(longest <= MAX_STALE_LINES + 20);
  assert.ok(presentation.keeper.journalLines < 200);
  const { presentation: recovered } = await recover(files);
  const [before, after] = [parsed(presentation), parsed(recovered)];
  assert.equal(after.discontinuitySequence, before.discontinuitySequence);
  assert.equal(after.discontinuitySequence, 1);
  assert.deepEqual(
    after.segments.map(({ uri }) => uri),
    before.segments.map(({ uri }) => uri),
  );
});

test('remove deletes everything of a stream', async () => {
  const files = new MemorySegmentFiles();
  await crashed(files);
  const { origin } = await recover(files);
  await origin.remove('st_1');
  assert.deepEqual(await files.list(''), []);
  assert.equal(origin.get('st_1'), undefined);
});
