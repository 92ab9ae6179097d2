// Every bound that one RTMP session obeys, by name. A peer that exceeds one is answered with a stable code and closed.
// The figures follow what the field's servers accept from real encoders, rounded to what a publisher can need.

import { type Millis, millis } from '@headend/core';

/** Chunk streams tracked per connection. Encoders use three to six. */
export const MAX_CHUNK_STREAMS = 64;
/** Bytes that unfinished messages may hold together. One maximal message (24-bit length) fits. */
export const MAX_PARTIAL_BYTES = 16 * 1024 * 1024;
/** Up to here a message buffer is allocated at its declared size; beyond, it grows with what really arrived. */
export const EAGER_ALLOCATION_BYTES = 64 * 1024;
/** Longest command (types 17 and 20): names and small objects. */
export const MAX_COMMAND_BYTES = 64 * 1024;
/** Longest data message (types 15 and 18): metadata, captions. */
export const MAX_DATA_BYTES = 1024 * 1024;
/** Longest protocol control message (types 1 to 6). */
export const MAX_CONTROL_BYTES = 64;
/** The length field has 24 bits. */
export const MAX_MESSAGE_BYTES = 0xffffff;
/** Chunks parsed per second: 250 Mb/s in 128-byte chunks. Guards the CPU against one-byte chunks and empty messages. */
export const MAX_CHUNKS_PER_SECOND = 250_000;
/** FLV tags inside one aggregate message. */
export const MAX_AGGREGATE_TAGS = 4096;

/** AMF nesting, elements per container, and values per message (references count what they repeat). */
export const MAX_AMF_DEPTH = 32;
export const MAX_AMF_ELEMENTS = 1000;
export const MAX_AMF_VALUES = 65_536;

/** What a client may send between handshake and publish. */
export const MAX_PRE_PUBLISH_BYTES = 64 * 1024;
export const MAX_PRE_PUBLISH_COMMANDS = 64;
/** Bytes that wait unparsed while a publish is being decided; drivers stop reading meanwhile. */
export const MAX_HELD_BYTES = 1024 * 1024;
/** createStream calls per connection; encoders make one. */
export const MAX_MESSAGE_STREAMS = 8;
/** Media outside the published stream: some encoders start a frame early, none sends many. */
export const MAX_STRAY_MEDIA = 256;
/** Stream key after percent-decoding, and each of app, tcUrl and publish name before it. */
export const MAX_STREAM_KEY_LENGTH = 1024;
export const MAX_NAME_LENGTH = 4096;
/** Query parameters taken from app, tcUrl and name together. */
export const MAX_QUERY_PARAMETERS = 64;
/** fourCcList entries kept from a client's connect. */
export const MAX_FOURCCS = 64;

export type SessionTimeouts = {
  /** Both sides of the handshake, from the first moment of the connection. */
  readonly handshakeMs: Millis;
  /** From handshake to `connect`, and from `connect` to `publish`. */
  readonly commandMs: Millis;
  /** How long the server itself may take to decide about a publish. */
  readonly authorizeMs: Millis;
  /** Publishing without any byte. */
  readonly idleMs: Millis;
  /** Publishing without one complete message: a trickle of bytes does not hold buffers for ever. */
  readonly stallMs: Millis;
  /** Silence after which the server sends a PingRequest. */
  readonly pingMs: Millis;
  /** From our last words (a refusal) to the end of the connection. */
  readonly lingerMs: Millis;
};

export const defaultTimeouts: SessionTimeouts = {
  handshakeMs: millis(10_000),
  commandMs: millis(10_000),
  authorizeMs: millis(10_000),
  idleMs: millis(30_000),
  stallMs: millis(60_000),
  pingMs: millis(10_000),
  lingerMs: millis(250),
};
