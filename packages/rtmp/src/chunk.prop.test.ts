// Chunks: what the writer cuts the reader joins, in any slicing and interleaving; no bytes throw; the reader holds no more than
// it was sent. Hand-made bytes stand for the encoders' quirks that the reader names.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ByteWriter } from '@headend/core';
import fc from 'fast-check';
import { ChunkReader } from './chunk-reader.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { EAGER_ALLOCATION_BYTES, MAX_CHUNK_STREAMS, MAX_PARTIAL_BYTES } from './limits.ts';
import { MessageType, type RtmpMessage } from './message.ts';
import { setChunkSize } from './messages.ts';

const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const readAll = (slices: Iterable<Uint8Array>, reader = new ChunkReader()): { messages: RtmpMessage[]; reader: ChunkReader } => {
  const messages: RtmpMessage[] = [];
  for (const slice of slices) {
    reader.push(slice);
    for (let message = reader.next(); message !== undefined; message = reader.next()) messages.push(message);
  }
  return { messages, reader };
};

const sliced = (bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const slices: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = cuts.length === 0 ? bytes.length : (cuts[i % cuts.length] ?? 1);
    slices.push(bytes.subarray(at, at + size));
    at += size;
  }
  return slices;
};

const timestamp = fc.oneof(fc.nat(100_000), fc.constantFrom(0, 0xfffffe, 0xffffff, 0x1000000, 0x7fffffff, 0x80000000, 0xffffffff));
const message: fc.Arbitrary<RtmpMessage> = fc.record(
  {
    csid: fc.integer({ min: 3, max: 8 }),
    type: fc.constantFrom(8, 9, 18, 20),
    timestamp,
    msid: fc.constantFrom(0, 1, 0x01020304),
    body: fc.uint8Array({ maxLength: 700 }),
  },
  { noNullPrototype: true },
);
const chunkSize = fc.constantFrom(1, 2, 127, 128, 129, 4096, 0xffffff);
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 6 });

/** A header by hand. */
const header = (
  fmt: number,
  csid: number,
  fields: { ts?: number; length?: number; type?: number; msid?: number; ext?: number },
): Uint8Array => {
  const writer = new ByteWriter(20);
  if (csid < 64) writer.u8((fmt << 6) | csid);
  else if (csid < 320) writer.u8(fmt << 6).u8(csid - 64);
  else
    writer
      .u8((fmt << 6) | 1)
      .u8((csid - 64) & 0xff)
      .u8((csid - 64) >> 8);
  if (fmt < 3) writer.u24(fields.ts ?? 0);
  if (fmt < 2) writer.u24(fields.length ?? 0).u8(fields.type ?? 8);
  if (fmt === 0) writer.u32le(fields.msid ?? 1);
  if (fields.ext !== undefined) writer.u32(fields.ext);
  return writer.finish();
};

const times = (bytes: Uint8Array): number[] => readAll([bytes]).messages.map((each) => each.timestamp);
const errorOf = (bytes: Uint8Array): string | undefined => readAll([bytes]).reader.error?.code;

describe('chunk writer and reader', () => {
  it('join what they cut, at any chunk size and in any slicing', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), chunkSize, cuts, (messages, size, slices) => {
        const writer = new ChunkWriter();
        const all = [setChunkSize(size), ...messages];
        const bytes = joined(all.map((each) => writer.write(each)));
        const { messages: read, reader } = readAll(sliced(bytes, slices));
        assert.equal(reader.error, undefined);
        assert.deepEqual(read, all);
        assert.equal(reader.partialBytes, 0);
      }),
      { numRuns: 300 },
    );
  });

  it('give the same for the same bytes, valid or not, in any slicing', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .array(fc.oneof(fc.constantFrom(0x04, 0x44, 0x84, 0xc4, 0xff), fc.nat(255)), { maxLength: 300 })
        .map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 3 }), noise, cuts, (messages, tail, slices) => {
        const writer = new ChunkWriter();
        const bytes = joined([...messages.map((each) => writer.write(each)), tail]);
        const whole = readAll([bytes]);
        const cut = readAll(sliced(bytes, slices));
        assert.deepEqual(cut.messages, whole.messages);
        assert.deepEqual(cut.reader.error, whole.reader.error);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('chunk reader', () => {
  it('joins interleaved chunk streams', () => {
    const [a, b] = [new Uint8Array(200).fill(1), new Uint8Array(200).fill(2)];
    const bytes = joined([
      header(0, 4, { ts: 1, length: 200 }),
      a.subarray(0, 128),
      header(0, 400, { ts: 2, length: 200 }),
      b.subarray(0, 128),
      header(3, 4, {}),
      a.subarray(128),
      header(3, 400, {}),
      b.subarray(128),
    ]);
    const { messages } = readAll([bytes]);
    assert.deepEqual(
      messages.map((each) => [each.csid, each.timestamp, each.body]),
      [
        [4, 1, a],
        [400, 2, b],
      ],
    );
  });

  it('reads every form of the basic header', () => {
    for (const csid of [2, 63, 64, 319, 320, 65_599]) {
      assert.deepEqual(
        readAll([header(0, csid, {})]).messages.map((each) => each.csid),
        [csid],
      );
    }
  });

  it('adds deltas, also negative ones written as huge', () => {
    const bytes = joined([
      header(0, 4, { ts: 1000 }),
      header(1, 4, { ts: 40 }),
      header(1, 4, { ts: 0xffffff, ext: 0xfffffff6 }),
      header(2, 4, { ts: 20 }),
    ]);
    assert.deepEqual(times(bytes), [1000, 1040, 1030, 1050]);
  });

  it('wraps at 32 bits', () => {
    const bytes = joined([header(0, 4, { ts: 0xffffff, ext: 0xffffffff }), header(1, 4, { ts: 41 })]);
    assert.deepEqual(times(bytes), [0xffffffff, 40]);
  });

  it('repeats the last delta for a message that starts with fmt 3', () => {
    assert.deepEqual(
      times(joined([header(0, 4, { ts: 100 }), header(1, 4, { ts: 23 }), header(3, 4, {}), header(3, 4, {})])),
      [100, 123, 146, 169],
    );
  });

  it('takes an absolute time as the delta of a fmt 3 start, as FFmpeg and OBS count on, but not a leap', () => {
    assert.deepEqual(times(joined([header(0, 4, { ts: 40 }), header(3, 4, {})])), [40, 80]);
    assert.deepEqual(times(joined([header(0, 4, { ts: 500_000 }), header(3, 4, {})])), [500_000, 500_000]);
  });

  it('accepts continuations with and without the extended timestamp', () => {
    const ext = 0x01020304;
    const body = new Uint8Array(300).fill(7);
    const start = joined([header(0, 4, { ts: 0xffffff, length: 300, ext }), body.subarray(0, 128)]);
    const repeat = [header(3, 4, { ext }), body.subarray(128, 256), header(3, 4, { ext }), body.subarray(256)];
    const omit = [header(3, 4, {}), body.subarray(128, 256), header(3, 4, {}), body.subarray(256)];
    for (const rest of [repeat, omit]) {
      for (const slices of [[1000], [1], [3], [130]]) {
        const { messages } = readAll(sliced(joined([start, ...rest]), slices));
        assert.deepEqual(messages, [{ csid: 4, type: 8, timestamp: ext, msid: 1, body }]);
      }
    }
  });

  it('gives looked-at bytes back when the rest of the message is shorter than they are', () => {
    const ext = 0x01020304;
    const body = new Uint8Array(130).fill(1);
    const bytes = joined([
      header(0, 4, { ts: 0xffffff, length: 130, ext }),
      body.subarray(0, 128),
      header(3, 4, {}),
      body.subarray(128),
      header(0, 5, { ts: 9 }),
    ]);
    for (const slices of [[1000], [1]]) {
      const { messages } = readAll(sliced(bytes, slices));
      assert.deepEqual(
        messages.map((each) => [each.csid, each.timestamp, each.body.length]),
        [
          [4, ext, 130],
          [5, 9, 0],
        ],
      );
    }
  });

  it('accepts fmt 1 on a fresh chunk stream, as librtmp pings, and neither fmt 2 nor fmt 3', () => {
    const ping = Uint8Array.of(0x42, 0, 0, 0, 0, 0, 6, 4, 0, 7, 0, 0, 0, 9);
    assert.deepEqual(
      readAll([ping]).messages.map((each) => [each.type, each.msid]),
      [[4, 0]],
    );
    assert.equal(errorOf(header(2, 5, {})), 'chunk_fresh_stream');
    assert.equal(errorOf(header(3, 5, {})), 'chunk_fresh_stream');
  });

  it('refuses a message inside a message, unless the first was aborted', () => {
    const part = joined([header(0, 4, { length: 200 }), new Uint8Array(128)]);
    assert.equal(errorOf(joined([part, header(0, 4, {})])), 'chunk_interrupted');
    const abort = joined([header(0, 2, { length: 4, type: 2, msid: 0 }), Uint8Array.of(0, 0, 0, 4)]);
    const { messages, reader } = readAll([joined([part, abort, header(0, 4, { ts: 5 })])]);
    assert.equal(reader.error, undefined);
    assert.deepEqual(
      messages.map((each) => each.type),
      [MessageType.abort, 8],
    );
  });

  it('takes any chunk size but zero', () => {
    const control = (size: number): Uint8Array =>
      joined([header(0, 2, { length: 4, type: 1, msid: 0 }), new ByteWriter(4).u32(size).finish()]);
    assert.equal(errorOf(control(0)), 'chunk_size_zero');
    assert.equal(errorOf(control(0x80000000)), 'chunk_size_zero');
    const body = new Uint8Array(1000).fill(3);
    for (const size of [0x7fffffff, 0xffffffff]) {
      const { messages } = readAll([joined([control(size), header(0, 4, { length: 1000 }), body])]);
      assert.deepEqual(messages[1]?.body, body);
    }
  });

  it('tracks chunk streams up to its limit', () => {
    const open = (count: number): Uint8Array => joined(Array.from({ length: count }, (_, i) => header(0, 3 + i, {})));
    assert.equal(errorOf(open(MAX_CHUNK_STREAMS)), undefined);
    assert.equal(errorOf(open(MAX_CHUNK_STREAMS + 1)), 'chunk_streams');
  });

  it('pays for a 16 MiB declaration only what arrives', () => {
    const { reader } = readAll([header(0, 4, { length: 0xffffff, type: 9 })]);
    assert.equal(reader.partialBytes, EAGER_ALLOCATION_BYTES);
    const many = joined(
      Array.from({ length: MAX_CHUNK_STREAMS }, (_, i) => joined([header(0, 3 + i, { length: 0xffffff }), new Uint8Array(128)])),
    );
    const bomb = readAll([many]);
    assert.equal(bomb.reader.error, undefined);
    assert.ok(bomb.reader.partialBytes <= MAX_CHUNK_STREAMS * EAGER_ALLOCATION_BYTES);
  });

  it('joins a large message and stops unfinished ones at the limit of the connection', () => {
    const writer = new ChunkWriter();
    const first = writer.write(setChunkSize(0xffffff));
    const body = new Uint8Array(5_000_000).fill(9);
    const { messages } = readAll(sliced(joined([first, writer.write({ csid: 4, type: 9, timestamp: 0, msid: 1, body })]), [65_536]));
    assert.deepEqual(messages[1]?.body, body);
    const half = new Uint8Array(MAX_PARTIAL_BYTES / 2 + 1);
    const unfinished = [4, 5].flatMap((csid) => [header(0, csid, { length: 0xffffff, type: 9 }), half]);
    const reader = new ChunkReader();
    readAll([first], reader);
    // The first stream's chunk is not over (chunk size is the maximum), so the second header lies inside it: finish by small chunks instead.
    readAll([new ChunkWriter().write(setChunkSize(half.length))], reader);
    readAll(unfinished, reader);
    assert.equal(reader.error?.code, 'partial_bytes');
    assert.equal(reader.partialBytes, 0);
  });

  it('refuses a declared length beyond what the type may have', () => {
    const reader = new ChunkReader({ maxLength: () => 100 });
    readAll([header(0, 4, { length: 101 })], reader);
    assert.equal(reader.error?.code, 'message_too_long');
  });
});
