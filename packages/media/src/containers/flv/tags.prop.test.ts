// Properties of the tag grammar: what is written is read back, and no bytes make a parser throw or run away.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAudioTag } from './audio-tag.ts';
import { audioFourccs, hasCompositionTime, videoFourccs } from './flv-codecs.ts';
import { type FlvAudioOutput, type FlvVideoOutput, writeAudioTag, writeVideoTag } from './tag-writer.ts';
import { parseVideoTag } from './video-tag.ts';

const FUZZ = { numRuns: 200_000, interruptAfterTimeLimit: 2_000, markInterruptAsFailure: false };

const payload = fc.uint8Array({ maxLength: 64 });
const trackIndex = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 }));
const nanoOffset = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 999_999 }));
const videoCodec = fc.constantFrom('h264', 'hevc', 'av1', 'vp9', 'vp8') satisfies fc.Arbitrary<keyof typeof videoFourccs>;
const audioCodec = fc.constantFrom('aac', 'mp3', 'opus', 'flac', 'ac3', 'eac3') satisfies fc.Arbitrary<keyof typeof audioFourccs>;
const composition = fc.integer({ min: -(2 ** 23) + 1, max: 2 ** 23 - 1 });

const video: fc.Arbitrary<FlvVideoOutput> = fc.oneof(
  fc.record({ type: fc.constant('config'), codec: videoCodec, trackIndex, config: payload }),
  fc.record({ type: fc.constant('end'), codec: videoCodec, trackIndex }),
  fc.record({ type: fc.constant('metadata'), codec: videoCodec, trackIndex, data: payload }),
  fc
    .record({
      type: fc.constant('frame'),
      codec: videoCodec,
      trackIndex,
      key: fc.boolean(),
      compositionTimeMs: composition,
      nanoOffset,
      data: payload,
    })
    .map((frame) => (hasCompositionTime(frame.codec) ? frame : { ...frame, compositionTimeMs: 0 })),
);

const audio: fc.Arbitrary<FlvAudioOutput> = fc.oneof(
  fc.record({ type: fc.constant('config'), codec: audioCodec, trackIndex, config: payload }),
  fc.record({ type: fc.constant('end'), codec: audioCodec, trackIndex }),
  fc.record({ type: fc.constant('frame'), codec: audioCodec, trackIndex, nanoOffset, data: payload }),
  fc.record({
    type: fc.constant('multichannel'),
    codec: audioCodec,
    trackIndex,
    order: fc.constant('native'),
    channels: fc.nat({ max: 255 }),
    mask: fc.nat({ max: 2 ** 32 - 1 }),
  }),
);

test('a video message is read back as it was written', () => {
  fc.assert(fc.property(video, (packet) => assert.deepEqual(parseVideoTag(writeVideoTag(packet)), { ok: true, value: [{ ...packet }] })));
});

test('an audio message is read back as it was written', () => {
  fc.assert(fc.property(audio, (packet) => assert.deepEqual(parseAudioTag(writeAudioTag(packet)), { ok: true, value: [{ ...packet }] })));
});

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 120 }),
  // An Ex header in front, so that the deeper grammar is reached.
  fc
    .tuple(
      fc.constantFrom(0x90, 0x91, 0x94, 0x95, 0x96, 0x97, 0xa6),
      fc.uint8Array({ maxLength: 3 }),
      fc.constantFrom(...Object.values(videoFourccs), ...Object.values(audioFourccs)),
      fc.uint8Array({ maxLength: 60 }),
    )
    .map(([head, middle, code, rest]) => Uint8Array.from([head, ...middle, ...Buffer.from(code, 'latin1'), ...rest])),
);

test('no bytes make a tag parser throw', () => {
  fc.assert(
    fc.property(bytes, (body) => {
      assert.equal(typeof parseVideoTag(body).ok, 'boolean');
      assert.equal(typeof parseAudioTag(body).ok, 'boolean');
    }),
    FUZZ,
  );
});
