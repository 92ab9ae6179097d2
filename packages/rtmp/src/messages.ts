// Bodies of the messages that a session understands: protocol control (Adobe RTMP 1.0, sections 5.4 and 7.1.7), commands and data
// (7.1.1, 7.1.2) and aggregates (7.1.6), as parsers and as writers that give whole messages.

import { ByteReader, ByteWriter, ok, type Result, type WireError, wireError } from '@headend/core';
import { type AmfObject, type AmfValue, isAmfObject } from './amf-value.ts';
import { parseAmf0, writeAmf0, writeAmf0EcmaArray } from './amf0.ts';
import { MAX_AGGREGATE_TAGS, MAX_COMMAND_BYTES, MAX_CONTROL_BYTES, MAX_DATA_BYTES, MAX_MESSAGE_BYTES } from './limits.ts';
import { MessageType, type RtmpMessage, UserControlEvent } from './message.ts';

const CONTROL_CSID = 2;
const COMMAND_CSID = 3;

/** Per-type bound on a message's declared length. */
export const maxMessageLength = (type: number): number => {
  if (type === MessageType.commandAmf0 || type === MessageType.commandAmf3) return MAX_COMMAND_BYTES;
  if (type === MessageType.dataAmf0 || type === MessageType.dataAmf3) return MAX_DATA_BYTES;
  if (type >= MessageType.setChunkSize && type <= MessageType.setPeerBandwidth) return MAX_CONTROL_BYTES;
  if (type === MessageType.audio || type === MessageType.video || type === MessageType.aggregate) return MAX_MESSAGE_BYTES;
  return MAX_DATA_BYTES;
};

export type Command = { readonly name: string; readonly transactionId: number; readonly args: readonly AmfValue[] };

/** AMF3 messages start with a format selector; 0 says that AMF0 follows, and some encoders leave it out. */
const amf0Start = (message: RtmpMessage): number => {
  const amf3 = message.type === MessageType.commandAmf3 || message.type === MessageType.dataAmf3;
  return amf3 && message.body[0] === 0 ? 1 : 0;
};

export const parseCommand = (message: RtmpMessage): Result<Command, WireError> => {
  const values = parseAmf0(message.body, amf0Start(message));
  if (!values.ok) return values;
  const [name, transactionId, ...args] = values.value;
  if (typeof name !== 'string') return wireError('command_name', 'a command starts without a name');
  const id = typeof transactionId === 'number' && Number.isFinite(transactionId) ? transactionId : 0;
  return ok({ name, transactionId: id, args });
};

export const parseData = (message: RtmpMessage): Result<readonly AmfValue[], WireError> => parseAmf0(message.body, amf0Start(message));

/** onMetaData, with or without @setDataFrame before it; undefined for any other data. */
export const metadataOf = (values: readonly AmfValue[]): AmfObject | undefined => {
  const [name, ...rest] = values[0] === '@setDataFrame' ? values.slice(1) : values;
  if (name !== 'onMetaData') return undefined;
  return rest.find(isAmfObject);
};

export const writeCommand = (command: Command, msid = 0, csid: number = COMMAND_CSID): RtmpMessage => {
  const writer = new ByteWriter(256, MAX_COMMAND_BYTES);
  writeAmf0(writer, command.name);
  writeAmf0(writer, command.transactionId);
  for (const arg of command.args) writeAmf0(writer, arg);
  return { csid, type: MessageType.commandAmf0, timestamp: 0, msid, body: writer.finish() };
};

export const writeMetadata = (values: AmfObject, msid: number, csid: number): RtmpMessage => {
  const writer = new ByteWriter(512, MAX_DATA_BYTES);
  writeAmf0(writer, '@setDataFrame');
  writeAmf0(writer, 'onMetaData');
  writeAmf0EcmaArray(writer, values);
  return { csid, type: MessageType.dataAmf0, timestamp: 0, msid, body: writer.finish() };
};

const control = (type: number, writer: ByteWriter): RtmpMessage => ({
  csid: CONTROL_CSID,
  type,
  timestamp: 0,
  msid: 0,
  body: writer.finish(),
});

export const setChunkSize = (size: number): RtmpMessage => control(MessageType.setChunkSize, new ByteWriter(4).u32(size));
export const acknowledgement = (received: number): RtmpMessage =>
  control(MessageType.acknowledgement, new ByteWriter(4).u32(received >>> 0));
export const windowAckSize = (size: number): RtmpMessage => control(MessageType.windowAckSize, new ByteWriter(4).u32(size));
/** Limit type 2: dynamic. */
export const setPeerBandwidth = (size: number): RtmpMessage => control(MessageType.setPeerBandwidth, new ByteWriter(5).u32(size).u8(2));

export const userControl = (event: number, value: number): RtmpMessage =>
  control(MessageType.userControl, new ByteWriter(6).u16(event).u32(value >>> 0));
export const streamBegin = (msid: number): RtmpMessage => userControl(UserControlEvent.streamBegin, msid);

export type ControlMessage =
  | { readonly type: 'acknowledgement'; readonly received: number }
  | { readonly type: 'windowAckSize'; readonly size: number }
  | { readonly type: 'setPeerBandwidth'; readonly size: number }
  | { readonly type: 'userControl'; readonly event: number; readonly value: number };

/** Types 3 to 6, with exact lengths. Set Peer Bandwidth without its limit type is accepted; 1 and 2 are the chunk reader's. */
export const parseControl = (message: RtmpMessage): Result<ControlMessage, WireError> => {
  const reader = new ByteReader(message.body);
  const size = message.body.length;
  const wrong = wireError('control_length', `a control message of type ${message.type} has ${size} bytes`);
  switch (message.type) {
    case MessageType.acknowledgement:
      return size === 4 ? ok({ type: 'acknowledgement', received: reader.u32() }) : wrong;
    case MessageType.windowAckSize:
      return size === 4 ? ok({ type: 'windowAckSize', size: reader.u32() }) : wrong;
    case MessageType.setPeerBandwidth:
      return size === 4 || size === 5 ? ok({ type: 'setPeerBandwidth', size: reader.u32() }) : wrong;
    case MessageType.userControl:
      // Flash's own events (SWF verification and others) may be shorter than six bytes; they are ignored like all unknown ones.
      return size >= 2 ? ok({ type: 'userControl', event: reader.u16(), value: size >= 6 ? reader.u32() : 0 }) : wrong;
    default:
      return wireError('control_type', `type ${message.type} is not a control message`);
  }
};

/** The FLV tags of an aggregate as messages of their own; times are the message's plus the distance from the first tag. */
export const splitAggregate = (message: RtmpMessage): Result<readonly RtmpMessage[], WireError> => {
  const reader = new ByteReader(message.body);
  const messages: RtmpMessage[] = [];
  let first: number | undefined;
  while (reader.remaining > 0) {
    if (messages.length >= MAX_AGGREGATE_TAGS) return wireError('aggregate_tags', `more than ${MAX_AGGREGATE_TAGS} tags`, reader.offset);
    const type = reader.u8() & 0x1f;
    const size = reader.u24();
    const timestamp = reader.u24() + reader.u8() * 2 ** 24;
    reader.skip(3); // stream id: always zero in FLV
    const body = reader.bytes(size);
    reader.skip(4); // back pointer
    if (reader.overrun) return wireError('aggregate_truncated', 'a tag is longer than its aggregate', reader.offset);
    first ??= timestamp;
    if (type === MessageType.aggregate) return wireError('aggregate_nested', 'an aggregate inside an aggregate', reader.offset);
    messages.push({ csid: message.csid, type, timestamp: (message.timestamp + timestamp - first) >>> 0, msid: message.msid, body });
  }
  return ok(messages);
};
