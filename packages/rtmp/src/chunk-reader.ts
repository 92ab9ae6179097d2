// Chunk stream to messages (Adobe RTMP 1.0, sections 5.3.1 to 5.4.2): any slicing of the same bytes gives the same messages.
// It obeys Set Chunk Size and Abort itself, since both bear on the very next chunk, and still hands them on.
// Quirks carried here: fmt 1 on a fresh chunk stream (librtmp's ping), 0xC4 for whole new messages (FMLE), a delta inherited from
// an absolute timestamp (FFmpeg, OBS), extended timestamps that continuations repeat or omit.

import { err, type Result, type WireError, wireError } from '@headend/core';
import { EAGER_ALLOCATION_BYTES, MAX_CHUNK_STREAMS, MAX_MESSAGE_BYTES, MAX_PARTIAL_BYTES } from './limits.ts';
import { MessageType, type RtmpMessage } from './message.ts';

export const DEFAULT_CHUNK_SIZE = 128;
const EXTENDED = 0xffffff;
/** Longest header: 3 basic, 11 message, 4 extended timestamp. */
const MAX_HEADER_BYTES = 18;
const MESSAGE_HEADER_BYTES = [11, 7, 3, 0] as const;
/** A delta inherited from a fmt 0 timestamp is that timestamp (FFmpeg and OBS count on it). Larger ones would be a leap no encoder means. */
const MAX_INHERITED_ABSOLUTE_MS = 10_000;

type ChunkStream = {
  /** Absolute time of the last message. */
  timestamp: number;
  /** Timestamp or delta as sent, extension included: what a fmt 3 message start adds again. */
  field: number;
  /** The field was an absolute time (fmt 0). */
  absolute: boolean;
  extended: boolean;
  length: number;
  type: number;
  msid: number;
  /** The message under construction, and how much of it is in. */
  partial: Uint8Array | undefined;
  received: number;
};

export type ChunkReaderOptions = {
  /** Longest message of a type; a longer declaration is an error before a byte of it is kept. */
  readonly maxLength?: (type: number) => number;
};

type Payload = { readonly csid: number; readonly stream: ChunkStream; left: number };

const NO_BYTES = new Uint8Array(0);
const u24 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
const u32 = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) * 2 ** 24 + u24(bytes, at + 1);
const u32le = (bytes: Uint8Array, at: number): number =>
  (((bytes[at + 3] ?? 0) << 24) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at] ?? 0)) >>> 0;

const concat = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
};

export class ChunkReader {
  readonly #maxLength: (type: number) => number;
  readonly #streams = new Map<number, ChunkStream>();
  readonly #head = new Uint8Array(MAX_HEADER_BYTES);
  #headLength = 0;
  #input: Uint8Array = NO_BYTES;
  /** `#input` is no view of somebody else's bytes. */
  #owned = true;
  #at = 0;
  #payload: Payload | undefined;
  #chunkSize = DEFAULT_CHUNK_SIZE;
  #partialBytes = 0;
  #chunks = 0;
  #error: WireError | undefined;

  constructor(options: ChunkReaderOptions = {}) {
    this.#maxLength = options.maxLength ?? (() => MAX_MESSAGE_BYTES);
  }

  /** Sticky: a chunk stream cannot be resynchronised. */
  get error(): WireError | undefined {
    return this.#error;
  }

  get chunkSize(): number {
    return this.#chunkSize;
  }

  /** Chunks begun since the start. */
  get chunks(): number {
    return this.#chunks;
  }

  /** Bytes allocated for unfinished messages. */
  get partialBytes(): number {
    return this.#partialBytes;
  }

  /** Bytes pushed and not yet parsed. */
  get unread(): number {
    return this.#input.length - this.#at;
  }

  /** Keeps a view of `bytes` until next() has come to its end; keep() ends that earlier. */
  push(bytes: Uint8Array): void {
    if (this.#error !== undefined) return;
    this.#owned = this.unread > 0;
    this.#input = this.#owned ? concat(this.#input.subarray(this.#at), bytes) : bytes;
    this.#at = 0;
  }

  /** For a caller who does not go on to the end: copies what is unread, so that the bytes that were pushed may be used again. */
  keep(): void {
    if (this.#owned) return;
    this.#input = new Uint8Array(this.#input.subarray(this.#at));
    this.#at = 0;
    this.#owned = true;
  }

  /** The next complete message, or undefined when more bytes are needed (or after an error). */
  next(): RtmpMessage | undefined {
    while (this.#error === undefined) {
      if (this.#payload === undefined && !this.#readHeader()) return undefined;
      const payload = this.#payload;
      if (payload === undefined) continue;
      if (!this.#readPayload(payload)) return undefined;
      const message = this.#endChunk(payload);
      if (message !== undefined) return message;
    }
    return undefined;
  }

  #fail(code: string, message: string): false {
    this.#error ??= { code, message };
    this.#streams.clear();
    this.#input = NO_BYTES;
    this.#at = 0;
    this.#partialBytes = 0;
    return false;
  }

  /** Collects one header byte by byte. True when `#payload` is ready. */
  #readHeader(): boolean {
    for (;;) {
      const step = this.#headerStep();
      if (step === 'complete') return this.#beginChunk();
      if (step === 'failed') return false;
      const byte = this.#input[this.#at];
      if (byte === undefined) return false;
      this.#at += 1;
      this.#head[this.#headLength] = byte;
      this.#headLength += 1;
    }
  }

  #headerStep(): 'more' | 'complete' | 'failed' {
    const head = this.#head;
    if (this.#headLength === 0) return 'more';
    const basic = this.#basicBytes();
    if (this.#headLength < basic) return 'more';
    const fmt = (head[0] ?? 0) >> 6;
    const size = basic + (MESSAGE_HEADER_BYTES[fmt] ?? 0);
    if (this.#headLength < size) return 'more';
    if (fmt === 3) return this.#fmt3Step(basic);
    return this.#headLength < size + (u24(head, basic) === EXTENDED ? 4 : 0) ? 'more' : 'complete';
  }

  #basicBytes(): number {
    const field = (this.#head[0] ?? 0) & 0x3f;
    return field === 0 ? 2 : field === 1 ? 3 : 1;
  }

  #csid(): number {
    const field = (this.#head[0] ?? 0) & 0x3f;
    if (field === 0) return (this.#head[1] ?? 0) + 64;
    if (field === 1) return (this.#head[1] ?? 0) + (this.#head[2] ?? 0) * 256 + 64;
    return field;
  }

  /** Whether a fmt 3 chunk carries an extended timestamp: always at a message start; in a continuation only if the bytes say so. */
  #fmt3Step(basic: number): 'more' | 'complete' | 'failed' {
    const stream = this.#streams.get(this.#csid());
    if (stream === undefined) {
      this.#fail('chunk_fresh_stream', 'a chunk stream starts without a message header');
      return 'failed';
    }
    const extra = this.#headLength - basic;
    if (!stream.extended || extra === 4) return 'complete';
    if (stream.partial === undefined || this.#couldBeExtension(stream, basic, extra)) return 'more';
    // Payload after all: give back the bytes that were looked at.
    this.#unread(new Uint8Array(this.#head.subarray(basic, this.#headLength)));
    this.#headLength = basic;
    return 'complete';
  }

  /** Whether the bytes so far agree with the field as sent or with the absolute time, with or without the sign bit. */
  #couldBeExtension(stream: ChunkStream, basic: number, extra: number): boolean {
    for (const candidate of [stream.field, stream.timestamp, stream.field & 0x7fffffff, stream.timestamp & 0x7fffffff]) {
      let same = true;
      for (let i = 0; i < extra; i++) same &&= this.#head[basic + i] === ((candidate >>> (24 - 8 * i)) & 0xff);
      if (same) return true;
    }
    return false;
  }

  #unread(bytes: Uint8Array): void {
    if (bytes.length <= this.#at) this.#at -= bytes.length;
    else {
      this.#input = concat(bytes, this.#input.subarray(this.#at));
      this.#at = 0;
    }
  }

  #beginChunk(): boolean {
    const csid = this.#csid();
    const fmt = (this.#head[0] ?? 0) >> 6;
    const stream = this.#streams.get(csid) ?? this.#open(csid, fmt);
    if (stream === undefined) return false;
    this.#chunks += 1;
    if (stream.partial === undefined) {
      if (!this.#beginMessage(stream, fmt)) return false;
    } else if (fmt !== 3) {
      return this.#fail('chunk_interrupted', 'a message starts before the previous one on its chunk stream is complete');
    }
    this.#headLength = 0;
    this.#payload = { csid, stream, left: Math.min(this.#chunkSize, stream.length - stream.received) };
    return true;
  }

  #open(csid: number, fmt: number): ChunkStream | undefined {
    if (fmt > 1) {
      this.#fail('chunk_fresh_stream', 'a chunk stream starts without a message header');
      return undefined;
    }
    if (this.#streams.size >= MAX_CHUNK_STREAMS) {
      this.#fail('chunk_streams', `more than ${MAX_CHUNK_STREAMS} chunk streams`);
      return undefined;
    }
    const stream: ChunkStream = {
      timestamp: 0,
      field: 0,
      absolute: false,
      extended: false,
      length: 0,
      type: 0,
      msid: 0,
      partial: undefined,
      received: 0,
    };
    this.#streams.set(csid, stream);
    return stream;
  }

  #beginMessage(stream: ChunkStream, fmt: number): boolean {
    this.#applyTime(stream, fmt);
    if (fmt <= 1) {
      const basic = this.#basicBytes();
      stream.length = u24(this.#head, basic + 3);
      stream.type = this.#head[basic + 6] ?? 0;
      if (fmt === 0) stream.msid = u32le(this.#head, basic + 7);
    }
    if (stream.length > this.#maxLength(stream.type)) return this.#fail('message_too_long', `a message of type ${stream.type} is too long`);
    return this.#allocate(stream, Math.min(stream.length, EAGER_ALLOCATION_BYTES));
  }

  #applyTime(stream: ChunkStream, fmt: number): void {
    const basic = this.#basicBytes();
    const size = basic + (MESSAGE_HEADER_BYTES[fmt] ?? 0);
    if (fmt < 3) {
      const field = u24(this.#head, basic);
      stream.extended = field === EXTENDED;
      stream.field = stream.extended ? u32(this.#head, size) : field;
      stream.absolute = fmt === 0;
    } else if (stream.extended) {
      stream.field = u32(this.#head, size);
    }
    if (fmt === 0) stream.timestamp = stream.field;
    else if (fmt < 3 || !stream.absolute || stream.field <= MAX_INHERITED_ABSOLUTE_MS) {
      stream.timestamp = (stream.timestamp + stream.field) >>> 0;
    }
  }

  /** Makes room for `size` bytes of the message, within the connection's budget. */
  #allocate(stream: ChunkStream, size: number): boolean {
    const held = stream.partial?.length ?? 0;
    this.#partialBytes += size - held;
    if (this.#partialBytes > MAX_PARTIAL_BYTES) return this.#fail('partial_bytes', `unfinished messages exceed ${MAX_PARTIAL_BYTES} bytes`);
    const grown = new Uint8Array(size);
    if (stream.partial !== undefined) grown.set(stream.partial.subarray(0, stream.received));
    stream.partial = grown;
    return true;
  }

  /** Copies what is there of the current chunk. True when the chunk is complete. */
  #readPayload(payload: Payload): boolean {
    const { stream } = payload;
    const size = Math.min(payload.left, this.unread);
    const needed = stream.received + size;
    const held = stream.partial?.length ?? 0;
    if (needed > held && !this.#allocate(stream, Math.min(stream.length, Math.max(needed, held * 2)))) return false;
    stream.partial?.set(this.#input.subarray(this.#at, this.#at + size), stream.received);
    this.#at += size;
    stream.received = needed;
    payload.left -= size;
    return payload.left === 0;
  }

  #endChunk(payload: Payload): RtmpMessage | undefined {
    this.#payload = undefined;
    const { csid, stream } = payload;
    if (stream.received < stream.length || stream.partial === undefined) return undefined;
    const message: RtmpMessage = { csid, type: stream.type, timestamp: stream.timestamp, msid: stream.msid, body: stream.partial };
    this.#drop(stream);
    return this.#obey(message) ? message : undefined;
  }

  #drop(stream: ChunkStream): void {
    this.#partialBytes -= stream.partial?.length ?? 0;
    stream.partial = undefined;
    stream.received = 0;
  }

  #obey(message: RtmpMessage): boolean {
    if (message.type === MessageType.setChunkSize) {
      const size = parseChunkSize(message.body);
      if (!size.ok) return this.#fail(size.error.code, size.error.message);
      this.#chunkSize = size.value;
    } else if (message.type === MessageType.abort) {
      if (message.body.length !== 4) return this.#fail('control_length', 'an abort message has four bytes');
      const stream = this.#streams.get(u32(message.body, 0));
      if (stream !== undefined) this.#drop(stream);
    }
    return true;
  }
}

/** The top bit is zero by definition; no chunk can be longer than a message (section 5.4.1). */
const parseChunkSize = (body: Uint8Array): Result<number, WireError> => {
  if (body.length !== 4) return wireError('control_length', 'a chunk size message has four bytes');
  const size = u32(body, 0) & 0x7fffffff;
  if (size === 0) return err({ code: 'chunk_size_zero', message: 'a chunk size of zero' });
  return { ok: true, value: Math.min(size, MAX_MESSAGE_BYTES) };
};
