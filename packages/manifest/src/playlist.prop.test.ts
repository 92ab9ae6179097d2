// Properties of the playlist texts: writing and parsing are inverse, delta updates lead back to the full playlist, parsers never throw.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wallMs } from '@headend/core';
import fc from 'fast-check';
import * as hlsParser from 'hls-parser';
import {
  applyDeltaUpdate,
  type MediaPlaylist,
  type MultivariantPlaylist,
  parseMediaPlaylist,
  parseMultivariant,
  printable,
  serverControlFor,
  validateDeltaUpdate,
  validateMediaPlaylist,
  validateMultivariant,
  writeMediaPlaylist,
  writeMultivariant,
} from './index.ts';

const seconds = (min: number, max: number) => fc.integer({ min: min * 1e5, max: max * 1e5 }).map((value) => printable(value / 1e5));

const playlistArbitrary: fc.Arbitrary<MediaPlaylist> = fc
  .record({
    mediaSequence: fc.nat(100_000),
    discontinuitySequence: fc.nat(50),
    durations: fc.array(fc.record({ duration: seconds(1, 4), discontinuity: fc.boolean(), gap: fc.boolean(), init: fc.nat(2) }), {
      maxLength: 40,
    }),
    open: fc.option(fc.record({ parts: fc.integer({ min: 1, max: 9 }), init: fc.nat(2) }), { nil: undefined }),
    reports: fc.array(fc.nat(1000), { maxLength: 3 }),
    ended: fc.boolean(),
  })
  .map(({ mediaSequence, discontinuitySequence, durations, open, reports, ended }) => {
    const part = (uri: string, duration: number, independent: boolean, gap: boolean) => ({ uri, duration, independent, gap });
    const start = wallMs(Date.UTC(2026, 0, 1));
    return {
      targetDuration: 4,
      partTarget: 4,
      serverControl: serverControlFor(4, 4),
      mediaSequence,
      discontinuitySequence,
      segments: durations.map(({ duration, discontinuity, gap, init }, index) => ({
        uri: `${mediaSequence + index}.m4s`,
        duration,
        discontinuity,
        gap,
        map: `init-${init}.mp4`,
        programDateTime: wallMs(start + index * 4000),
        parts: index < durations.length - 2 ? [] : [part(`${mediaSequence + index}.0.m4s`, duration, true, gap)],
      })),
      open:
        open === undefined
          ? undefined
          : {
              discontinuity: false,
              map: `init-${open.init}.mp4`,
              programDateTime: wallMs(start + durations.length * 4000),
              parts: Array.from({ length: open.parts }, (_, index) =>
                part(`${mediaSequence + durations.length}.${index}.m4s`, 4, index === 0, index === 3),
              ),
            },
      preloadHints: ended ? [] : [{ type: 'PART', uri: 'next.m4s' }],
      renditionReports: reports.map((lastMsn, index) => ({ uri: `../a${index}/playlist.m3u8`, lastMsn, lastPart: index })),
      ended,
    };
  });

test('parsing what was written gives the playlist back', () => {
  fc.assert(
    fc.property(playlistArbitrary, (playlist) => {
      const text = writeMediaPlaylist(playlist);
      const parsed = parseMediaPlaylist(text);
      assert.ok(parsed.ok, text);
      const { version, skippedSegments, ...model } = parsed.value;
      assert.deepEqual(model, playlist);
      assert.equal(skippedSegments, undefined);
      assert.ok(version <= 8);
    }),
  );
});

test('a delta update passes its validator and leads back to the full playlist', () => {
  fc.assert(
    fc.property(playlistArbitrary, (playlist) => {
      const full = writeMediaPlaylist(playlist);
      const delta = writeMediaPlaylist(playlist, { skip: true });
      assert.deepEqual(validateDeltaUpdate(delta, full), []);
      const parsed = parseMediaPlaylist(delta);
      assert.ok(parsed.ok);
      const rebuilt = applyDeltaUpdate(playlist, parsed.value);
      assert.ok(rebuilt.ok);
      assert.deepEqual(rebuilt.value, playlist);
    }),
  );
});

// Strict mode turns what the parser would print into an exception.
hlsParser.setOptions({ strictMode: true });

test('an independent parser accepts every playlist we write', () => {
  fc.assert(
    fc.property(playlistArbitrary, (playlist) => {
      const parsed = hlsParser.parse(writeMediaPlaylist(playlist));
      assert.ok(!parsed.isMasterPlaylist && 'segments' in parsed);
      assert.equal(parsed.mediaSequenceBase, playlist.mediaSequence);
    }),
    { numRuns: 50 },
  );
});

const name = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const multivariantArbitrary: fc.Arbitrary<MultivariantPlaylist> = fc
  .record({
    independentSegments: fc.boolean(),
    audioNames: fc.uniqueArray(name, { maxLength: 3 }),
    variants: fc.array(
      fc.record({
        bandwidth: fc.integer({ min: 100_000, max: 20_000_000 }),
        averageShare: fc.integer({ min: 1, max: 100 }),
        width: fc.integer({ min: 16, max: 4096 }),
        frameRate: fc.option(fc.integer({ min: 1000, max: 120_000 }), { nil: undefined }),
        videoRange: fc.constantFrom('HLG' as const, 'PQ' as const, undefined),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .map(({ independentSegments, audioNames, variants }) => ({
    independentSegments,
    audio: audioNames.map((audioName, index) => ({
      groupId: 'audio',
      name: audioName,
      uri: `a${index}/playlist.m3u8`,
      isDefault: index === 0,
      autoselect: true,
      language: index === 1 ? 'fr' : undefined,
      channels: index + 1,
    })),
    variants: variants.map(({ bandwidth, averageShare, width, frameRate, videoRange }, index) => ({
      uri: `v${index}/playlist.m3u8`,
      bandwidth,
      averageBandwidth: Math.floor((bandwidth * averageShare) / 100),
      codecs: 'avc1.64001F,mp4a.40.2',
      resolution: { width, height: 720 },
      frameRate: frameRate === undefined ? undefined : frameRate / 1000,
      videoRange,
      audio: audioNames.length > 0 ? 'audio' : undefined,
      stableVariantId: `v${index}`,
    })),
  }));

test('multivariant playlists: inverse, valid, accepted by an independent parser', () => {
  fc.assert(
    fc.property(multivariantArbitrary, (playlist) => {
      const text = writeMultivariant(playlist);
      const parsed = parseMultivariant(text);
      assert.ok(parsed.ok, text);
      assert.deepEqual(parsed.value, playlist);
      assert.deepEqual(validateMultivariant(text), []);
      const other = hlsParser.parse(text);
      assert.ok(other.isMasterPlaylist && 'variants' in other);
      assert.equal(other.variants.length, playlist.variants.length);
    }),
  );
});

const garbledText = fc
  .tuple(playlistArbitrary, fc.array(fc.tuple(fc.nat(), fc.string({ maxLength: 12 })), { maxLength: 6 }))
  .map(([playlist, edits]) =>
    edits.reduce((text, [at, insertion]) => {
      const position = at % (text.length + 1);
      return text.slice(0, position) + insertion + text.slice(position + insertion.length * 2);
    }, writeMediaPlaylist(playlist)),
  );

test('no text makes a parser or a validator throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        garbledText,
        fc.string().map((text) => `#EXTM3U\n${text}`),
        fc.string(),
      ),
      garbledText,
      (text, previous) => {
        parseMediaPlaylist(text);
        parseMultivariant(text);
        validateMediaPlaylist(text, { previous });
        validateMultivariant(text);
        validateDeltaUpdate(text, previous);
      },
    ),
    { numRuns: 300 },
  );
});
