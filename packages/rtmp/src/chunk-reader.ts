// Chunks to messages (Adobe RTMP 1.0, sections 5.3 to 5.4.2): any slicing of the same bytes gives the same messages.
// It obeys Set Chunk Size and Abort itself, since both bear on the very next chunk, and still hands them on. The header of a chunk
// (5.3.1) is read in chunk-header.ts.
// Quirks carried here: fmt 1 on a fresh chunk stream (librtmp's ping), 0xC4 for whole new messages (FMLE).

import { ByteReader, err, type Result, type WireError, wireError } from '@headend/core';
import { ChunkHeader, type MessageHeader } from './chunk-header.ts';
import { EAGER_ALLOCATION_BYTES, MAX_CHUNK_STREAMS, MAX_MESSAGE_BYTES, MAX_PARTIAL_BYTES } from './limits.ts';
import { MessageType, type RtmpMessage } from './message.ts';

export const DEFAULT_CHUNK_SIZE = 128;

type ChunkStream = MessageHeader & {
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
const concat = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
};

export class ChunkReader {
  readonly #maxLength: (type: number) => number;
  readonly #streams = new Map<number, ChunkStream>();
  readonly #header = new ChunkHeader();
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
    const header = this.#header;
    for (;;) {
      const progress = header.progress(this.#streams);
      if (progress === 'overrun') this.#unread(header.takeOverrun());
      if (progress !== 'more') return this.#beginChunk();
      const byte = this.#input[this.#at];
      if (byte === undefined) return false;
      this.#at += 1;
      header.add(byte);
    }
  }

  #unread(bytes: Uint8Array): void {
    if (bytes.length <= this.#at) this.#at -= bytes.length;
    else {
      this.#input = concat(bytes, this.#input.subarray(this.#at));
      this.#at = 0;
    }
  }

  #beginChunk(): boolean {
    const { csid, fmt } = this.#header;
    const stream = this.#streams.get(csid) ?? this.#open(csid, fmt);
    if (stream === undefined) return false;
    this.#chunks += 1;
    if (stream.partial === undefined) {
      if (!this.#beginMessage(stream)) return false;
    } else if (fmt !== 3) {
      return this.#fail('chunk_interrupted', 'a message starts before the previous one on its chunk stream is complete');
    }
    this.#header.clear();
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

  #beginMessage(stream: ChunkStream): boolean {
    this.#header.applyTo(stream);
    if (stream.length > this.#maxLength(stream.type)) return this.#fail('message_too_long', `a message of type ${stream.type} is too long`);
    return this.#allocate(stream, Math.min(stream.length, EAGER_ALLOCATION_BYTES));
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
      const stream = this.#streams.get(new ByteReader(message.body).u32());
      if (stream !== undefined) this.#drop(stream);
    }
    return true;
  }
}

/** The top bit is zero by definition; no chunk can be longer than a message (section 5.4.1). */
const parseChunkSize = (body: Uint8Array): Result<number, WireError> => {
  if (body.length !== 4) return wireError('control_length', 'a chunk size message has four bytes');
  const size = new ByteReader(body).u32() & 0x7fffffff;
  if (size === 0) return err({ code: 'chunk_size_zero', message: 'a chunk size of zero' });
  return { ok: true, value: Math.min(size, MAX_MESSAGE_BYTES) };
};
