// Targets of packages/rtmp: AMF, chunks, message bodies, handshakes, the publish target, and both sessions by bytes.

import { ByteReader, ByteWriter, invariant, millis } from '@headend/core';
import {
  amfObject,
  ChunkReader,
  ChunkWriter,
  ClientSession,
  type Deadline,
  parseAmf0,
  ServerSession,
  type SessionInput,
  type SessionOutput,
  writeAmf0,
} from '@headend/rtmp';
import { AmfBudget } from '../../packages/rtmp/src/amf-budget.ts';
import type { AmfValue } from '../../packages/rtmp/src/amf-value.ts';
import { Amf0Reader } from '../../packages/rtmp/src/amf0.ts';
import { Amf3Reader, writeAmf3 } from '../../packages/rtmp/src/amf3.ts';
import { clientCapabilities } from '../../packages/rtmp/src/enhanced.ts';
import { ClientHandshake, digestBlock, findDigest, ServerHandshake } from '../../packages/rtmp/src/handshake.ts';
import { EAGER_ALLOCATION_BYTES, MAX_AMF_VALUES, MAX_PARTIAL_BYTES } from '../../packages/rtmp/src/limits.ts';
import { MessageType } from '../../packages/rtmp/src/message.ts';
import {
  maxMessageLength,
  parseCommand,
  parseControl,
  parseData,
  setChunkSize,
  splitAggregate,
  userControl,
  writeCommand,
  writeMetadata,
} from '../../packages/rtmp/src/messages.ts';
import { testCrypto } from '../../packages/rtmp/src/node/testing/session-pair.ts';
import { PublishMedia } from '../../packages/rtmp/src/publish-media.ts';
import { checkApplication, publishTarget } from '../../packages/rtmp/src/publish-target.ts';
import { readU29 } from '../../packages/rtmp/src/u29.ts';
import { drained, HANDSHAKE_BYTES, newClient, newServer, packMessage, recordPublish, unpackMessage } from './rtmp-recording.ts';
import { bytesOf, type Target, textTarget } from './target.ts';

const recording = recordPublish();
const handshake = recording.toServer.subarray(0, HANDSHAKE_BYTES);
const chunks = recording.toServer.subarray(HANDSHAKE_BYTES);

const amfValues: readonly AmfValue[] = [
  'connect',
  1,
  null,
  undefined,
  true,
  -0.5,
  amfObject({ app: 'live', tcUrl: 'rtmp://host/live', fourCcList: ['hvc1', 'av01'], capsEx: 15, nested: amfObject({ a: [1, [2]] }) }),
  ['onMetaData', amfObject({ duration: 0, width: 1920 })],
  { date: 1_700_000_000_000 },
  Uint8Array.of(1, 2, 3),
  'x'.repeat(300),
];

const amf0 = (...values: readonly AmfValue[]): Uint8Array => {
  const writer = new ByteWriter(512, 60_000);
  for (const value of values) writeAmf0(writer, value);
  return writer.finish();
};

const amf3 = (value: AmfValue): Uint8Array => {
  const writer = new ByteWriter(512, 60_000);
  writeAmf3(writer, value);
  return writer.finish();
};

/** Markers of both formats, an end of object, references, and counts that promise too much. */
const amfWords: readonly Uint8Array[] = [
  Uint8Array.of(0, 0, 9),
  Uint8Array.of(3),
  Uint8Array.of(7, 0, 0),
  Uint8Array.of(8, 0xff, 0xff, 0xff, 0xff),
  Uint8Array.of(10, 0, 0, 0x10, 0),
  Uint8Array.of(0x11),
  Uint8Array.of(0x0a, 0x0b, 1),
  Uint8Array.of(0x09, 0xff, 0xff, 0xff, 0xff),
  Uint8Array.of(0x09, 0),
  Uint8Array.of(0x11, 0x81, 0x01),
];

const aggregateOf = (...tags: readonly { readonly type: number; readonly body: Uint8Array }[]): Uint8Array => {
  const writer = new ByteWriter(256, 60_000);
  for (const { type, body } of tags) writer.u8(type).u24(body.length).u24(40).u8(0).u24(0).bytes(body).u32(0);
  return writer.finish();
};

const avcBody = Uint8Array.of(0x17, 1, 0, 0, 0, 0, 0, 0, 2, 0x65, 0x88);
const metadata = writeMetadata(amfObject({ width: 1280, framerate: 30 }), 1, 4);
const messages: readonly Uint8Array[] = [
  ...['connect', 'createStream', 'publish', 'FCPublish', 'deleteStream', '_result', 'onStatus'].map((name) =>
    packMessage(MessageType.commandAmf0, 1, writeCommand({ name, transactionId: 2, args: [null, 'key?a=b', 'live'] }).body),
  ),
  packMessage(MessageType.commandAmf3, 0, Uint8Array.of(0, ...amf0('connect', 1, amfObject({ app: 'live' })))),
  packMessage(MessageType.dataAmf0, 1, metadata.body),
  packMessage(MessageType.userControl, 0, userControl(6, 1234).body),
  ...[1, 2, 3, 5].map((type) => packMessage(type, 0, setChunkSize(4096).body)),
  packMessage(MessageType.setPeerBandwidth, 0, Uint8Array.of(0, 0x26, 0x25, 0xa0, 2)),
  packMessage(
    MessageType.aggregate,
    1,
    aggregateOf({ type: 9, body: avcBody }, { type: 8, body: Uint8Array.of(0xaf, 1) }, { type: 18, body: metadata.body }),
  ),
  packMessage(MessageType.video, 1, avcBody),
];

/** The same bytes in slices, as a socket may cut them: the input itself decides how. */
const slices = (input: Uint8Array): readonly Uint8Array[] => {
  const size = 1 + ((input[0] ?? 0) % 7) ** 4;
  return Array.from({ length: Math.ceil(input.length / size) }, (_, i) => input.subarray(i * size, (i + 1) * size));
};

const readChunks = (input: Uint8Array): unknown => {
  const reader = new ChunkReader({ maxLength: maxMessageLength });
  const found: unknown[] = [];
  for (const slice of slices(input)) {
    reader.push(slice);
    for (let message = reader.next(); message !== undefined; message = reader.next()) found.push(message);
    invariant(reader.partialBytes <= Math.min(MAX_PARTIAL_BYTES, 64 * EAGER_ALLOCATION_BYTES + 2 * input.length), 'holds too much');
  }
  return [found, reader.error];
};

type Runnable<Command, Event> = {
  handle(input: SessionInput<Command>): void;
  poll(): SessionOutput<Event> | undefined;
  deadline(): Deadline | null;
};

/** Until the session has nothing more to say and no deadline left: it must come to its end by itself. */
const runOut = <Command, Event>(session: Runnable<Command, Event>): readonly unknown[] => {
  const outputs: unknown[] = [];
  for (let due = session.deadline(), steps = 0; due !== null; due = session.deadline(), steps++) {
    invariant(steps < 100, 'the session does not end by itself');
    session.handle({ type: 'tick', now: due.at });
    outputs.push(...drained(session));
  }
  return outputs;
};

const serve = (...inputs: readonly Uint8Array[]): unknown => {
  const server = newServer();
  const outputs: unknown[] = [];
  for (const bytes of inputs.flatMap(slices)) {
    server.handle({ type: 'bytes', now: millis(0), bytes });
    const fresh = drained(server);
    outputs.push(...fresh);
    if (!fresh.some((output) => output.type === 'event' && output.event.type === 'publish')) continue;
    server.handle({ type: 'command', now: millis(0), command: { type: 'accept' } });
    outputs.push(...drained(server));
  }
  return [...outputs, ...runOut(server)];
};

const publish = (...inputs: readonly Uint8Array[]): unknown => {
  const client = newClient();
  const outputs: unknown[] = [...drained(client)];
  for (const bytes of inputs.flatMap(slices)) {
    client.handle({ type: 'bytes', now: millis(0), bytes });
    outputs.push(...drained(client));
  }
  return [...outputs, ...runOut(client)];
};

/** Up to a running publish, in valid chunks: what follows is read as media and commands of a publisher who is in. */
const openingMessages = ['connect', 'createStream', 'publish'].map((name, i) =>
  writeCommand(
    { name, transactionId: i + 1, args: name === 'connect' ? [amfObject({ app: 'live' })] : [null, 'key', 'live'] },
    i === 2 ? 1 : 0,
  ),
);

const serveMessage = (input: Uint8Array): unknown => {
  const message = unpackMessage(input);
  // Our writer obeys the chunk sizes that it announces, so it writes no broken one; the targets above do.
  if (message.type === MessageType.setChunkSize) return undefined;
  const writer = new ChunkWriter();
  return serve(handshake, ...[...openingMessages, message].map((each) => writer.write(each)));
};

const readMessage = (input: Uint8Array): unknown => {
  const message = unpackMessage(input);
  const data = parseData(message);
  const read = new PublishMedia().read({ ...message, type: message.type === 22 ? 22 : 9 }, 0);
  return [parseCommand(message), parseControl(message), data, splitAggregate(message), read];
};

const readAmf3 = (input: Uint8Array): unknown => {
  const budget = new AmfBudget();
  const value = new Amf3Reader(new ByteReader(input), budget).value(0);
  return budget.error ?? value;
};

/** What a session answers whatever came: its handshake, its replies, an acknowledgement. */
const SESSION_ALLOWANCE = 16_384;

export const amfTargets: readonly Target[] = [
  {
    name: 'AMF0',
    covers: [parseAmf0, Amf0Reader],
    corpus: [...amfValues.map((value) => amf0(value)), amf0(...amfValues)],
    words: amfWords,
    allowance: MAX_AMF_VALUES,
    run: (input) => [parseAmf0(input), parseAmf0(input, 1)],
  },
  {
    name: 'AMF3',
    covers: [Amf3Reader],
    corpus: amfValues.map(amf3),
    words: amfWords,
    allowance: MAX_AMF_VALUES,
    run: readAmf3,
  },
  { name: 'AMF3 U29', covers: [readU29], corpus: [Uint8Array.of(0xff, 0xff, 0xff, 0xff)], run: (input) => readU29(new ByteReader(input)) },
  {
    name: 'connect capabilities',
    covers: [],
    corpus: [amf0(amfObject({ fourCcList: ['hvc1', '*'], videoFourCcInfoMap: amfObject({ av01: 7 }), capsEx: 15, flashVer: 'FMLE/3.0' }))],
    words: amfWords,
    run: (input) => {
      const parsed = parseAmf0(input);
      return parsed.ok ? parsed.value.map((value) => (value instanceof Map ? clientCapabilities(value) : undefined)) : undefined;
    },
  },
];

export const rtmpTargets: readonly Target[] = [
  { name: 'chunk stream', covers: [ChunkReader], corpus: [chunks, recording.toClient.subarray(HANDSHAKE_BYTES)], run: readChunks },
  {
    name: 'RTMP message bodies',
    covers: [parseCommand, parseData, parseControl],
    corpus: messages,
    words: amfWords,
    allowance: 4 * MAX_AMF_VALUES,
    run: readMessage,
  },
  {
    name: 'RTMP handshake',
    covers: [ServerHandshake, ClientHandshake],
    corpus: [handshake, Uint8Array.of(3, ...digestBlock('client', 1, testCrypto), ...new Uint8Array(1536)), recording.toClient],
    run: (input) => {
      const [server, client] = [new ServerHandshake(testCrypto), new ClientHandshake(testCrypto, 0)];
      client.start();
      const steps = slices(input).flatMap((slice) => [server.push(slice), client.push(slice)]);
      return [
        steps,
        findDigest(new Uint8Array([...input.subarray(0, 1536), ...new Uint8Array(1536)]).subarray(0, 1536), 'client', testCrypto),
      ];
    },
    allowance: SESSION_ALLOWANCE,
  },
  textTarget(
    'publish target',
    [],
    ['live\nrtmp://host:1935/live?a=b\nlive_main_1_x?c=%20d', '"live/inst"\n\nkey', 'live/key\nrtmp://[::1]/live/key\n'],
    ['/', '..', '%', '%2f', '%00', '?', '&', '=', '\n', '"', '://', '\u0000', '\ud800'],
    (text) => {
      const [app = '', tcUrl = '', name = ''] = text.split('\n');
      return [checkApplication('live', app, tcUrl), publishTarget('live', app, tcUrl, name)];
    },
  ),
];

export const sessionTargets: readonly Target[] = [
  {
    name: 'server session',
    covers: [ServerSession],
    corpus: [recording.toServer],
    allowance: SESSION_ALLOWANCE,
    run: (input) => serve(input),
  },
  {
    name: 'server session, behind its handshake',
    covers: [ServerSession],
    corpus: [chunks],
    words: [bytesOf('publish'), bytesOf('connect'), Uint8Array.of(2, 0, 0, 0, 0, 0, 4, 1), Uint8Array.of(0xc3), Uint8Array.of(0x44)],
    allowance: SESSION_ALLOWANCE,
    run: (input) => serve(handshake, input),
  },
  {
    name: 'server session, publishing',
    covers: [ServerSession],
    corpus: messages,
    words: amfWords,
    allowance: SESSION_ALLOWANCE + MAX_AMF_VALUES,
    run: serveMessage,
  },
  {
    name: 'client session',
    covers: [ClientSession],
    corpus: [recording.toClient],
    allowance: SESSION_ALLOWANCE,
    run: (input) => publish(input),
  },
  {
    name: 'client session, behind its handshake',
    covers: [ClientSession],
    corpus: [recording.toClient.subarray(HANDSHAKE_BYTES)],
    words: amfWords,
    allowance: SESSION_ALLOWANCE,
    run: (input) => publish(recording.toClient.subarray(0, HANDSHAKE_BYTES), input),
  },
];
