// A live presentation through its sink and its playlists: every text checked by the validator and by an independent parser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { millis } from '@headend/core';
import { parseMediaPlaylist } from '@headend/manifest';
import { MemorySegmentFiles } from '../stores/segments/memory.ts';
import { LivePresentation } from './live-presentation.ts';
import { checkPlaylists, SyntheticEncoder, testTokens, VirtualClock } from './origin.test-kit.ts';
import { Origin } from './origin.ts';
import type { OriginEvents } from './origin-events.ts';
import type { SegmentFiles } from './ports.ts';
import { WaiterBudget } from './waiters.ts';

const MB = 1024 * 1024;

const setUp = (options: { files?: SegmentFiles; maxHotBytes?: number; windowMs?: number; events?: OriginEvents } = {}) => {
  const clock = new VirtualClock();
  const files = options.files ?? new MemorySegmentFiles();
  const presentation = new LivePresentation({
    streamId: 'st_1',
    clock,
    files,
    waiterBudget: new WaiterBudget(100),
    windowMs: millis(options.windowMs ?? 20_000),
    maxHotBytes: options.maxHotBytes ?? 32 * MB,
    maxQueuedBytes: 16 * MB,
    events: options.events ?? {},
  });
  return { clock, files, presentation };
};

const parsed = (presentation: LivePresentation, id = 'v0') => {
  const rendition = presentation.rendition(id);
  assert.ok(rendition);
  const playlist = parseMediaPlaylist(presentation.playlist(rendition, false).text);
  assert.ok(playlist.ok);
  return playlist.value;
};

test('every update of a running stream keeps the rules, alone and after the one before', () => {
  const { clock, presentation } = setUp();
  const encoder = new SyntheticEncoder(presentation, clock);
  encoder.start();
  let texts = new Map<string, string>();
  for (let segment = 0; segment < 25; segment++) {
    for (let part = 0; part < 10; part++) {
      encoder.part();
      texts = checkPlaylists(presentation, texts);
    }
    encoder.cut();
    texts = checkPlaylists(presentation, texts);
  }
  presentation.end();
  checkPlaylists(presentation, texts);
});

test('server control, part target and dates are as the low-latency profile wants them', () => {
  const { clock, presentation } = setUp();
  const encoder = new SyntheticEncoder(presentation, clock);
  encoder.start();
  encoder.segments(3);
  encoder.part();
  const playlist = parsed(presentation);
  assert.equal(playlist.partTarget, 0.2);
  assert.equal(parsed(presentation, 'a0').partTarget, 0.21334);
  assert.deepEqual(playlist.serverControl, { canBlockReload: true, holdBack: 6, partHoldBack: 0.64002, canSkipUntil: 12 });
  assert.deepEqual(playlist.serverControl, parsed(presentation, 'a0').serverControl);
  assert.equal(playlist.segments[1]?.programDateTime, clock.epochMs + 2000);
  assert.deepEqual(playlist.preloadHints, [{ type: 'PART', uri: '3.1.m4s' }]);
  assert.deepEqual(playlist.renditionReports, [{ uri: '../a0/playlist.m3u8', lastMsn: 3, lastPart: 0 }]);
});

test('a hint that its segment does not reach names the first part of the next segment', () => {
  const { clock, presentation } = setUp();
  const encoder = new SyntheticEncoder(presentation, clock);
  encoder.start();
  encoder.segments(1);
  const before = checkPlaylists(presentation);
  assert.equal(parsed(presentation).preloadHints[0]?.uri, '0.10.m4s');
  encoder.part();
  checkPlaylists(presentation, before);
  assert.equal(parsed(presentation).open?.parts[0]?.uri, '0.10.m4s');
  assert.equal(parsed(presentation).preloadHints[0]?.uri, '1.1.m4s');
});

test('an encoder that returns continues the playlist with a discontinuity and a new init segment', () => {
  const { clock, presentation } = setUp();
  const encoder = new SyntheticEncoder(presentation, clock);
  encoder.start();
  encoder.segments(2);
  encoder.part();
  let texts = checkPlaylists(presentation);
  encoder.interrupt(7000);
  assert.deepEqual(parsed(presentation).preloadHints.at(-1), { type: 'MAP', uri: 'init-1.mp4' });
  texts = checkPlaylists(presentation, texts);
  encoder.segments(1);
  texts = checkPlaylists(presentation, texts);
  const playlist = parsed(presentation);
  assert.deepEqual(
    playlist.segments.map(({ discontinuity, map }) => [discontinuity, map]),
    [
      [false, 'init-0.mp4'],
      [false, 'init-0.mp4'],
      [false, 'init-0.mp4'],
      [true, 'init-1.mp4'],
    ],
  );
  encoder.segments(12);
  texts = checkPlaylists(presentation, texts);
  assert.equal(parsed(presentation).discontinuitySequence, 1);
});

test('a span without media is a gap part, a segment of only gaps a gap segment', () => {
  const { clock, presentation } = setUp();
  const encoder = new SyntheticEncoder(presentation, clock);
  encoder.start();
  for (let part = 0; part < 10; part++) encoder.part({ gap: part > 7 });
  encoder.cut();
  for (let part = 0; part < 10; part++) encoder.part({ gap: true });
  encoder.cut();
  encoder.part();
  checkPlaylists(presentation);
  assert.deepEqual(
    parsed(presentation).segments.map(({ gap }) => gap),
    [false, true],
  );
});

test('a rendition that appears later joins, one that goes ends, numbers left out become gaps', () => {
  const { clock, presentation } = setUp();
  new SyntheticEncoder(presentation, clock, { ids: ['v0'] }).start();
  presentation.closeSegment('v0', 0, 0);
  assert.equal(presentation.resumePoint?.nextMsn, 1);
  const both = new SyntheticEncoder(presentation, clock, { msn: 1, initIndex: 1 });
  both.start(true);
  both.segments(2);
  both.close();
  assert.match(presentation.manifest().text, /TYPE=AUDIO/);
  const alone = new SyntheticEncoder(presentation, clock, { ids: ['v0'], msn: 4, initIndex: 2 });
  alone.start(true);
  alone.segments(2);
  assert.doesNotMatch(presentation.manifest().text, /AUDIO/);
  assert.equal(parsed(presentation, 'a0').ended, true);
  alone.close();
  const again = new SyntheticEncoder(presentation, clock, { msn: 7, initIndex: 3 });
  again.start(true);
  again.segments(1);
  assert.deepEqual(
    parsed(presentation, 'a0')
      .segments.map(({ gap }) => gap)
      .slice(-4),
    [true, true, true, false],
  );
});

test('a rendition that joins after discontinuities counts them too, also after a restart', async () => {
  const { clock, files, presentation } = setUp();
  const video = new SyntheticEncoder(presentation, clock, { ids: ['v0'] });
  video.start();
  video.segments(1);
  video.part();
  video.interrupt(1000);
  video.segments(1);
  video.part();
  video.close();
  const both = new SyntheticEncoder(presentation, clock, { msn: video.msn, initIndex: 2, mediaMs: 30_000 });
  both.start(true);
  both.segments(2);
  const texts = checkPlaylists(presentation);
  assert.equal(parsed(presentation, 'a0').discontinuitySequence, 1);
  await presentation.keeper.idle();
  const origin = new Origin({ clock, files, tokens: testTokens });
  await origin.recover();
  const recovered = origin.get('st_1');
  assert.ok(recovered);
  assert.equal(parsed(recovered, 'a0').discontinuitySequence, 1);
  checkPlaylists(recovered);
  assert.equal(texts.size, 2);
});

test('EXT-X-INDEPENDENT-SEGMENTS goes with the first segment that no decoder can start at', () => {
  const { clock, presentation } = setUp();
  const encoder = new SyntheticEncoder(presentation, clock, { ids: ['v0'] });
  encoder.start();
  encoder.segments(1);
  assert.match(presentation.manifest().text, /INDEPENDENT-SEGMENTS/);
  encoder.part({ independent: false });
  assert.doesNotMatch(presentation.manifest().text, /INDEPENDENT-SEGMENTS/);
});

test('an audio-only stream is a variant with the audio codec alone', () => {
  const { clock, presentation } = setUp();
  const encoder = new SyntheticEncoder(presentation, clock, { ids: ['a0'] });
  encoder.start();
  encoder.segments(4);
  checkPlaylists(presentation);
  assert.match(
    presentation.manifest().text,
    /#EXT-X-STREAM-INF:BANDWIDTH=2000000,AVERAGE-BANDWIDTH=1500000,CODECS="mp4a.40.2",STABLE-VARIANT-ID="a0"\na0\/playlist.m3u8\n/,
  );
});

test('the multivariant playlist states size, rate and every codec, and a peak above the plan', () => {
  const { clock, presentation } = setUp();
  const encoder = new SyntheticEncoder(presentation, clock, { partSize: 100_000 });
  encoder.start();
  encoder.segments(1);
  const text = presentation.manifest().text;
  assert.match(text, /BANDWIDTH=8166667,AVERAGE-BANDWIDTH=3000000,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=25.000/);
  assert.match(text, /CHANNELS="2",URI="a0\/playlist.m3u8"/);
});

test('only young segments stay in memory; old ones are read from disk, expired ones deleted', async () => {
  const { clock, files, presentation } = setUp({ windowMs: 10_000 });
  const encoder = new SyntheticEncoder(presentation, clock, { partSize: 1000 });
  encoder.start();
  for (let i = 0; i < 40; i++) {
    encoder.segments(1);
    await presentation.keeper.idle();
  }
  const timeline = presentation.rendition('v0')?.timeline;
  assert.ok(timeline);
  const removed = timeline.removed[0];
  assert.ok(removed && removed.chunks === undefined);
  const bytes = await presentation.keeper.read('v0', `${removed.msn}.m4s`, removed.parts[3]);
  assert.match(new TextDecoder().decode(bytes), new RegExp(`^v0/${removed.msn}\\.3;`));
  // Three target durations with parts listed, three more for their requests, and the open segment.
  assert.ok(presentation.hotBytes <= 2 * 10_000 * 9, `${presentation.hotBytes}`);
  assert.equal(timeline.segment(0), undefined);
  await presentation.keeper.idle();
  assert.equal(await files.read('st_1/v0/0.m4s'), undefined);
  assert.ok(
    timeline.removed.every(({ duration, deleteAt }) => deleteAt !== undefined && deleteAt - clock.monotonic() <= (duration + 12.1) * 1000),
  );
});

test('a full disk is told once, and playback goes on from memory within the budget', async () => {
  const failures: string[] = [];
  const recoveries: string[] = [];
  const files = new MemorySegmentFiles(30_000);
  const events = {
    storageFailed: (_: string, { code }: { code: string }) => failures.push(code),
    storageRecovered: (id: string) => recoveries.push(id),
  };
  const { clock, presentation } = setUp({ files, events, maxHotBytes: 100_000, windowMs: 60_000 });
  const encoder = new SyntheticEncoder(presentation, clock, { partSize: 1000 });
  encoder.start();
  let texts = new Map<string, string>();
  for (let i = 0; i < 20; i++) {
    encoder.segments(1);
    await presentation.keeper.idle();
    texts = checkPlaylists(presentation, texts);
  }
  // Deleting an expired segment makes room for one more now and then: that ends an episode.
  assert.deepEqual([...new Set(failures)], ['storage_full']);
  assert.equal(failures.length, recoveries.length + 1);
  assert.ok(presentation.keeper.failures > 10);
  assert.ok(presentation.hotBytes <= 100_000 + 20_000, `${presentation.hotBytes}`);
  const timeline = presentation.rendition('v0')?.timeline;
  assert.ok(timeline && timeline.segments.length < 20 && timeline.segments.every(({ chunks }) => chunks !== undefined));
});

test('those who wait are woken once per turn, after everything of the turn is visible', async () => {
  const { clock, presentation } = setUp();
  const encoder = new SyntheticEncoder(presentation, clock);
  encoder.start();
  encoder.segments(1);
  const rendition = presentation.rendition('v0');
  assert.ok(rendition);
  let seen = -1;
  rendition.waiters.wait(
    () => rendition.timeline.open?.parts.length === 1,
    millis(1000),
    () => {
      seen = rendition.timeline.lastMsn;
    },
  );
  encoder.part();
  assert.equal(seen, -1);
  await Promise.resolve();
  assert.equal(seen, 0);
});
