// Message bodies: controls of wrong length, commands and metadata in both AMF forms, aggregates and their times.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ByteWriter } from '@headend/core';
import fc from 'fast-check';
import { MessageType, type RtmpMessage } from './message.ts';
import { metadataOf, parseCommand, parseControl, parseData, splitAggregate, writeCommand, writeMetadata } from './messages.ts';

const message = (type: number, body: Uint8Array, timestamp = 0): RtmpMessage => ({ csid: 4, type, timestamp, msid: 1, body });
const codeOf = (parsed: { ok: true } | { ok: false; error: { code: string } }): string => (parsed.ok ? 'ok' : parsed.error.code);

const tag = (writer: ByteWriter, type: number, timestamp: number, body: Uint8Array): void => {
  writer
    .u8(type)
    .u24(body.length)
    .u24(timestamp & 0xffffff)
    .u8(timestamp >>> 24)
    .zeros(3)
    .bytes(body)
    .u32(11 + body.length);
};

describe('control messages', () => {
  it('have their exact length', () => {
    for (const type of [MessageType.acknowledgement, MessageType.windowAckSize]) {
      for (const size of [0, 3, 5]) assert.equal(codeOf(parseControl(message(type, new Uint8Array(size)))), 'control_length');
      assert.equal(codeOf(parseControl(message(type, new Uint8Array(4)))), 'ok');
    }
    for (const [size, code] of [
      [3, 'control_length'],
      [4, 'ok'],
      [5, 'ok'],
      [6, 'control_length'],
    ] as const) {
      assert.equal(codeOf(parseControl(message(MessageType.setPeerBandwidth, new Uint8Array(size)))), code);
    }
    assert.equal(codeOf(parseControl(message(MessageType.userControl, new Uint8Array(1)))), 'control_length');
  });
});

describe('commands', () => {
  it('are read from AMF0, and from AMF3 messages with and without the format byte', () => {
    const command = { name: 'publish', transactionId: 5, args: [null, 'key'] };
    const written = writeCommand(command, 1);
    const prefixed = Uint8Array.of(0, ...written.body);
    for (const each of [written, message(MessageType.commandAmf3, prefixed), message(MessageType.commandAmf3, written.body)]) {
      assert.deepEqual(parseCommand(each), { ok: true, value: command });
    }
  });

  it('tolerate a transaction id that is no number', () => {
    for (const id of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const parsed = parseCommand(writeCommand({ name: 'x', transactionId: id, args: [] }));
      assert.ok(parsed.ok && parsed.value.transactionId === 0);
    }
  });

  it('start with a name', () => {
    assert.equal(codeOf(parseCommand(message(MessageType.commandAmf0, Uint8Array.of(5)))), 'command_name');
    assert.equal(codeOf(parseCommand(message(MessageType.commandAmf0, new Uint8Array(0)))), 'command_name');
  });
});

describe('metadata', () => {
  it('is found behind @setDataFrame and alone, and nothing else is', () => {
    const values = new Map([['width', 640]]);
    const parsed = parseData(writeMetadata(values, 1, 4));
    assert.ok(parsed.ok);
    assert.deepEqual(metadataOf(parsed.value), values);
    assert.deepEqual(metadataOf(parsed.value.slice(1)), values);
    assert.equal(metadataOf(['onTextData', values]), undefined);
    assert.equal(metadataOf(['@setDataFrame', 'onMetaData']), undefined);
    assert.equal(metadataOf([]), undefined);
  });
});

describe('aggregates', () => {
  it('split into messages timed by the distance from the first tag', () => {
    const writer = new ByteWriter(64);
    tag(writer, 9, 0x01000005, Uint8Array.of(1));
    tag(writer, 8, 0x0100000f, Uint8Array.of(2, 3));
    const parts = splitAggregate(message(MessageType.aggregate, writer.finish(), 1000));
    assert.ok(parts.ok);
    assert.deepEqual(
      parts.value.map((part) => [part.type, part.timestamp, [...part.body]]),
      [
        [9, 1000, [1]],
        [8, 1010, [2, 3]],
      ],
    );
  });

  it('that lie about a tag, or nest, are errors', () => {
    const lying = new ByteWriter(64);
    lying.u8(9).u24(100).zeros(7).u8(1);
    assert.equal(codeOf(splitAggregate(message(22, lying.finish()))), 'aggregate_truncated');
    const nested = new ByteWriter(64);
    tag(nested, 22, 0, new Uint8Array(0));
    assert.equal(codeOf(splitAggregate(message(22, nested.finish()))), 'aggregate_nested');
    assert.equal(codeOf(splitAggregate(message(22, new Uint8Array(15 * 5000)))), 'aggregate_tags');
  });
});

describe('message parsers', () => {
  it('never throw on any bytes', () => {
    fc.assert(
      fc.property(fc.nat(25), fc.uint8Array({ maxLength: 120 }), (type, body) => {
        const each = message(type, body);
        parseCommand(each);
        parseData(each);
        parseControl(each);
        splitAggregate(each);
      }),
      { numRuns: 2000 },
    );
  });
});
