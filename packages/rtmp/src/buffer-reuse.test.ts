// Input that is reused: a socket's Buffer is overwritten by the next read, and Buffer's slice() shares memory where Uint8Array's copies.
// What a core keeps or hands on must be its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteReader, ByteWriter, millis } from '@headend/core';
import { AmfBudget } from './amf-budget.ts';
import { parseAmf0, writeAmf0 } from './amf0.ts';
import { Amf3Reader, writeAmf3 } from './amf3.ts';
import { ChunkReader } from './chunk-reader.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { ClientHandshake, HANDSHAKE_BLOCK_BYTES, ServerHandshake } from './handshake.ts';
import { MessageType, type RtmpMessage } from './message.ts';
import { drain, ServerBench, testCrypto } from './node/testing/session-pair.ts';

const message: RtmpMessage = { csid: 4, type: MessageType.video, timestamp: 0, msid: 1, body: new Uint8Array(500).map((_, i) => i & 0xff) };

/** Hands over `bytes` in Buffers of `size`, each overwritten as soon as `take` returns. */
const throughReusedBuffer = (bytes: Uint8Array, size: number, take: (slice: Uint8Array) => void): void => {
  const buffer = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    const length = buffer.fill(0).write(Buffer.from(bytes.subarray(at, at + size)).toString('latin1'), 'latin1');
    take(buffer.subarray(0, length));
    buffer.fill(0xee);
  }
};

test('messages of the chunk reader own their bytes', () => {
  for (const size of [1, 100, 4096]) {
    const reader = new ChunkReader();
    const found: RtmpMessage[] = [];
    throughReusedBuffer(new ChunkWriter().write(message), size, (slice) => {
      reader.push(slice);
      for (let next = reader.next(); next !== undefined; next = reader.next()) found.push(next);
    });
    assert.deepEqual(found, [message]);
  }
});

test('bytes inside AMF values are copies', () => {
  const value = Uint8Array.of(1, 2, 3);
  const amf0 = Buffer.from(writeAmf0Bytes(value));
  const amf3 = Buffer.from(writeAmf3Bytes(value));
  const fromAmf0 = parseAmf0(amf0);
  const fromAmf3 = new Amf3Reader(new ByteReader(amf3), new AmfBudget()).value(0);
  amf0.fill(0xee);
  amf3.fill(0xee);
  assert.deepEqual(fromAmf0, { ok: true, value: [value] });
  assert.deepEqual(fromAmf3, value);
});

const writeAmf0Bytes = (value: Uint8Array): Uint8Array => {
  const writer = new ByteWriter(64);
  writeAmf0(writer, value);
  return writer.finish();
};

const writeAmf3Bytes = (value: Uint8Array): Uint8Array => {
  const writer = new ByteWriter(64);
  writeAmf3(writer, value);
  return writer.finish();
};

test('the echoes of a handshake are copies', () => {
  const block = new Uint8Array(HANDSHAKE_BLOCK_BYTES).fill(7).fill(0, 0, 8);
  for (const side of [new ServerHandshake(testCrypto), new ClientHandshake(testCrypto)]) {
    const input = Buffer.from([3, ...block]);
    const step = side.push(input);
    input.fill(0xee);
    assert.ok(step.ok && step.value.send !== undefined);
    assert.deepEqual(Uint8Array.from(step.value.send.subarray(-HANDSHAKE_BLOCK_BYTES)), block);
  }
});

test('a session keeps nothing of the Buffer it was given while a publish is decided', () => {
  const bench = new ServerBench().publish();
  const early = new ChunkWriter().write(message);
  const buffer = Buffer.from(early);
  bench.bytes(buffer);
  buffer.fill(0xee);
  bench.session.handle({ type: 'command', now: millis(0), command: { type: 'accept' } });
  const { events } = drain(bench.session);
  assert.deepEqual(
    events.map((event) => (event.type === 'media' ? event.body : undefined)),
    [message.body],
  );
});
