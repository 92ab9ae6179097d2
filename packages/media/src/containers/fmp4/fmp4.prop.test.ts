// Properties of the fMP4 writer and readers: what is written is read back, and no bytes make a reader throw or run away.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ticks, wallMs } from '@headend/core';
import fc from 'fast-check';
import { parseChunks, type ReadSample } from './chunk-reader.ts';
import { type ChunkPlan, writeChunk } from './chunk-writer.ts';
import { parseInitSegment } from './init-reader.ts';
import { SYNC_SAMPLE_FLAGS } from './sample-flags.ts';

const FUZZ = { numRuns: 100_000, interruptAfterTimeLimit: 2_000, markInterruptAsFailure: false };

const sample = fc.record({
  duration: fc.oneof(fc.constant(3000), fc.integer({ min: 0, max: 2 ** 32 - 1 })).map(ticks),
  compositionOffset: fc.oneof(fc.constant(0), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })).map(ticks),
  key: fc.boolean(),
  data: fc.uint8Array({ maxLength: 40 }),
});

const chunk: fc.Arbitrary<ChunkPlan> = fc
  .record({
    sequence: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    track: fc.constantFrom({ kind: 'video' as const }, { kind: 'audio' as const }),
    baseDecodeTime: fc.integer({ min: 0, max: 2 ** 50 }).map(ticks),
    samples: fc.array(sample, { minLength: 1, maxLength: 20 }),
    reference: fc.option(fc.record({ wallMs: fc.integer({ min: 0, max: 2 ** 41 }).map(wallMs), mediaTime: fc.nat().map(ticks) })),
  })
  .map(({ reference, ...rest }) => (reference === null ? rest : { ...rest, producerReferenceTime: reference }));

test('a chunk is read back sample for sample', () => {
  fc.assert(
    fc.property(chunk, (plan) => {
      const read = parseChunks(writeChunk(plan));
      assert.ok(read.ok);
      assert.equal(read.value.length, 1);
      const [found] = read.value;
      assert.ok(found);
      assert.equal(found.sequence, plan.sequence);
      assert.equal(found.trackId, plan.track.kind === 'video' ? 1 : 2);
      let dts: number = plan.baseDecodeTime;
      for (const [i, expected] of plan.samples.entries()) {
        const actual: ReadSample | undefined = found.samples[i];
        assert.ok(actual);
        assert.equal(actual.dts, dts);
        assert.equal(actual.pts, dts + expected.compositionOffset);
        assert.equal(actual.duration, expected.duration);
        assert.equal(actual.key, expected.key);
        assert.equal(actual.flags === SYNC_SAMPLE_FLAGS, expected.key);
        assert.deepEqual([...actual.data], [...expected.data]);
        dts += expected.duration;
      }
      assert.equal(found.samples.length, plan.samples.length);
      assert.equal(found.producerReferenceTime?.mediaTime, plan.producerReferenceTime?.mediaTime);
      const drift = (found.producerReferenceTime?.wallMs ?? 0) - (plan.producerReferenceTime?.wallMs ?? 0);
      assert.ok(Math.abs(drift) < 0.001);
    }),
  );
});

test('chunks in a row read like each alone: concatenation is the segment', () => {
  fc.assert(
    fc.property(fc.array(chunk, { minLength: 1, maxLength: 4 }), (plans) => {
      const alone = plans.map((plan) => parseChunks(writeChunk(plan)));
      const together = parseChunks(Uint8Array.from(Buffer.concat(plans.map(writeChunk))));
      assert.ok(together.ok);
      const flat = alone.flatMap((result) => (result.ok ? result.value : []));
      const plain = (samples: (typeof flat)[number]['samples']) => samples.map(({ data, ...rest }) => ({ ...rest, data: [...data] }));
      assert.deepEqual(
        together.value.map((part) => plain(part.samples)),
        flat.map((part) => plain(part.samples)),
      );
    }),
    { numRuns: 50 },
  );
});

const box = (type: string, body: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(8 + body.length);
  bytes.writeUInt32BE(bytes.length);
  bytes.write(type, 4, 'latin1');
  bytes.set(body, 8);
  return bytes;
};

const TYPES = [
  'moov',
  'trak',
  'mdia',
  'minf',
  'stbl',
  'stsd',
  'mvex',
  'trex',
  'moof',
  'traf',
  'tfhd',
  'tfdt',
  'trun',
  'mfhd',
  'prft',
  'mdat',
  'esds',
  'avc1',
  'mp4a',
  'tkhd',
  'mdhd',
  'hdlr',
  'ftyp',
];

/** Box trees with random bodies: random bytes alone hardly ever pass the first box header. */
const tree: fc.Arbitrary<Uint8Array> = fc.letrec<{ node: Uint8Array }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.uint8Array({ maxLength: 60 }),
    fc
      .array(fc.tuple(fc.constantFrom(...TYPES), tie('node')), { maxLength: 4 })
      .map((children) => Uint8Array.from(Buffer.concat(children.map(([type, body]) => box(type, body))))),
  ),
})).node;

const survives = (bytes: Uint8Array): void => {
  const init = parseInitSegment(bytes);
  assert.equal(typeof init.ok, 'boolean');
  assert.equal(typeof parseChunks(bytes, init.ok ? init.value.tracks : []).ok, 'boolean');
};

test('no bytes make the readers throw', () => {
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), tree), survives), FUZZ);
});

test('a chunk with one byte changed never makes the reader throw', () => {
  fc.assert(
    fc.property(chunk, fc.nat(), fc.integer({ min: 0, max: 255 }), (plan, at, value) => {
      const bytes = writeChunk(plan);
      bytes[at % bytes.length] = value;
      survives(bytes);
    }),
    FUZZ,
  );
});

test('a few bytes never become a million samples', () => {
  // moof { mfhd traf { tfhd trun } }: a million samples without any field of their own, each of the default size 0.
  const head = (version: number, ...fields: number[]): Uint8Array => {
    const bytes = Buffer.alloc(4 + 4 * fields.length);
    bytes.writeUInt32BE(version);
    for (const [i, field] of fields.entries()) bytes.writeUInt32BE(field, 4 + 4 * i);
    return bytes;
  };
  const traf = box('traf', Buffer.concat([box('tfhd', head(0, 1)), box('trun', head(0, 1_000_000))]));
  const moof = box('moof', Buffer.concat([box('mfhd', head(0, 1)), traf]));
  const read = parseChunks(new Uint8Array(moof));
  assert.equal(read.ok ? 'read' : read.error.code, 'mp4_too_many_samples');
});
