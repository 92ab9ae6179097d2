// Golden sizes and layouts of the chunk writer (ISO/IEC 14496-12 clause 8.8; brand cmf2).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ticks, wallMs } from '@headend/core';
import { findBox, readBoxes } from './box-reader.ts';
import { parseChunks } from './chunk-reader.ts';
import { type ChunkSample, writeChunk } from './chunk-writer.ts';

const VIDEO = { kind: 'video' } as const;

const sample = (size: number, key: boolean, duration = 3000, offset = 0): ChunkSample => ({
  duration: ticks(duration),
  compositionOffset: ticks(offset),
  key,
  data: new Uint8Array(size).fill(size),
});

const chunk = (samples: readonly ChunkSample[], baseDecodeTime = 0) =>
  writeChunk({ sequence: 7, track: VIDEO, baseDecodeTime: ticks(baseDecodeTime), samples });

const boxSizes = (bytes: Uint8Array): Record<string, number> => {
  const sizes: Record<string, number> = {};
  const walk = (start: number, end: number): void => {
    const boxes = readBoxes(bytes, start, end);
    assert.ok(boxes.ok);
    for (const box of boxes.value) {
      sizes[box.type] = box.end - box.start;
      if (box.type === 'moof' || box.type === 'traf') walk(box.bodyStart, box.end);
    }
  };
  walk(0, bytes.length);
  return sizes;
};

const trunFlags = (bytes: Uint8Array): number => {
  const at = Buffer.from(bytes).indexOf('trun');
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 4) & 0xff_ffff;
};

test('a chunk of constant duration whose first sample alone is sync has only a size column', () => {
  const bytes = chunk([sample(100, true), sample(50, false), sample(25, false)]);
  assert.deepEqual(boxSizes(bytes), { moof: 112, mfhd: 16, traf: 88, tfhd: 24, tfdt: 20, trun: 36, mdat: 183 });
  assert.equal(trunFlags(bytes), 0x205);
});

test('an all-sync chunk needs neither first sample flags nor a flags column', () => {
  assert.equal(trunFlags(chunk([sample(9, true), sample(9, true)])), 0x201);
});

test('a chunk without a sync sample takes its flags from tfhd', () => {
  const bytes = chunk([sample(9, false), sample(9, false)]);
  assert.equal(trunFlags(bytes), 0x201);
  const read = parseChunks(bytes);
  assert.ok(read.ok);
  assert.deepEqual(
    read.value[0]?.samples.map((s) => s.flags),
    [0x0101_0000, 0x0101_0000],
  );
});

test('a sync sample in the middle, varying durations and offsets each add their column', () => {
  const bytes = chunk([sample(9, false, 3000, 3000), sample(9, true, 3001, -3000)]);
  assert.equal(trunFlags(bytes), 0xf01);
  assert.equal(boxSizes(bytes)['trun'], 20 + 2 * 16);
  assert.equal(boxSizes(bytes)['tfhd'], 20);
});

test('data_offset points at the first sample byte and the mdat payload is the samples', () => {
  const bytes = chunk([sample(3, true), sample(2, false)]);
  const boxes = readBoxes(bytes);
  assert.ok(boxes.ok);
  const mdat = findBox(boxes.value, 'mdat');
  assert.ok(mdat);
  assert.deepEqual([...bytes.subarray(mdat.bodyStart)], [3, 3, 3, 2, 2]);
  const read = parseChunks(bytes);
  assert.ok(read.ok);
  assert.equal(read.value[0]?.samples[0]?.data.byteOffset, bytes.byteOffset + mdat.bodyStart);
});

test('decode times beyond 32 bits survive: a stream of more than 13 hours at 90 kHz', () => {
  const fourteenHours = 14 * 3600 * 90_000;
  const read = parseChunks(chunk([sample(1, true), sample(1, false, 3000, -1500)], fourteenHours));
  assert.ok(read.ok);
  assert.equal(read.value[0]?.baseDecodeTime, fourteenHours);
  assert.equal(read.value[0]?.samples[1]?.pts, fourteenHours + 3000 - 1500);
});

test('prft comes first, version 1 with flags 24, and keeps the wallclock to a microsecond', () => {
  const wall = 1_785_542_400_123.456;
  const bytes = writeChunk({
    sequence: 1,
    track: VIDEO,
    baseDecodeTime: ticks(90_000),
    samples: [sample(4, true)],
    producerReferenceTime: { wallMs: wallMs(wall), mediaTime: ticks(93_000) },
  });
  assert.equal(Buffer.from(bytes.subarray(0, 16)).toString('hex'), '00000020707266740100001800000001');
  const read = parseChunks(bytes);
  assert.ok(read.ok);
  const prft = read.value[0]?.producerReferenceTime;
  assert.equal(prft?.mediaTime, 93_000);
  assert.ok(Math.abs((prft?.wallMs ?? 0) - wall) < 0.001);
});

test('an empty chunk or a negative decode time is our bug', () => {
  assert.throws(() => chunk([]), /at least one sample/);
  assert.throws(() => chunk([sample(1, true)], -1), /unsigned/);
});
