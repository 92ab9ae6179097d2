// The header of a chunk (Adobe RTMP 1.0, section 5.3.1), collected byte by byte: basic header (5.3.1.1), message header by fmt
// (5.3.1.2), extended timestamp (5.3.1.3), and what they tell the chunk stream they belong to.
// Quirks carried here: a delta inherited from an absolute timestamp (FFmpeg, OBS), extended timestamps that continuations repeat or
// omit. Which headers are allowed where is the reader's business.

/** In the three bytes of a timestamp: the real one follows the message header. */
export const EXTENDED_TIMESTAMP = 0xffffff;
const EXTENDED_BYTES = 4;
/** Longest header: 3 basic, 11 message, 4 extended timestamp. */
const MAX_HEADER_BYTES = 18;
const MESSAGE_HEADER_BYTES = [11, 7, 3, 0] as const;
/** A delta inherited from a fmt 0 timestamp is that timestamp (FFmpeg and OBS count on it). Larger ones would be a leap no encoder means. */
const MAX_INHERITED_ABSOLUTE_MS = 10_000;

/** What a chunk stream remembers of the headers so far: the next one may leave any of it out. */
export type MessageHeader = {
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
};

/** A chunk stream with a message under construction (`partial`) expects a continuation. */
type HeaderContext = Readonly<MessageHeader> & { readonly partial: Uint8Array | undefined };

/** `overrun`: complete, and the bytes behind the basic header turned out to be payload. */
type HeaderProgress = 'more' | 'complete' | 'overrun';

const u24 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
const u32 = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) * 2 ** 24 + u24(bytes, at + 1);
const u32le = (bytes: Uint8Array, at: number): number =>
  (((bytes[at + 3] ?? 0) << 24) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at] ?? 0)) >>> 0;

export class ChunkHeader {
  readonly #bytes = new Uint8Array(MAX_HEADER_BYTES);
  #length = 0;

  /** fmt (2 bits), then 0, 1 or the chunk stream id (6 bits). */
  get fmt(): number {
    return (this.#bytes[0] ?? 0) >> 6;
  }

  /** 2 to 63 in the first byte; 0 there: 64 plus one more byte; 1 there: 64 plus two more, the low one first. */
  get csid(): number {
    const bytes = this.#bytes;
    const field = (bytes[0] ?? 0) & 0x3f;
    if (field === 0) return (bytes[1] ?? 0) + 64;
    if (field === 1) return (bytes[1] ?? 0) + (bytes[2] ?? 0) * 256 + 64;
    return field;
  }

  add(byte: number): void {
    this.#bytes[this.#length] = byte;
    this.#length += 1;
  }

  clear(): void {
    this.#length = 0;
  }

  /** Whether all of it is in: how long a fmt 3 header is depends on its chunk stream. */
  progress(streams: ReadonlyMap<number, HeaderContext>): HeaderProgress {
    if (this.#length === 0) return 'more';
    const basic = this.#basicBytes();
    if (this.#length < basic) return 'more';
    const { fmt } = this;
    if (fmt === 3) return this.#fmt3Progress(streams.get(this.csid), basic);
    const size = basic + (MESSAGE_HEADER_BYTES[fmt] ?? 0);
    if (this.#length < size) return 'more';
    return this.#length < size + (u24(this.#bytes, basic) === EXTENDED_TIMESTAMP ? EXTENDED_BYTES : 0) ? 'more' : 'complete';
  }

  /** After an overrun: what was no header. */
  takeOverrun(): Uint8Array {
    const basic = this.#basicBytes();
    const payload = this.#bytes.slice(basic, this.#length);
    this.#length = basic;
    return payload;
  }

  /** A complete header at a message start: what it says of the message, the rest stays as the chunk stream had it. */
  applyTo(stream: MessageHeader): void {
    this.#applyTime(stream);
    if (this.fmt > 1) return;
    const at = this.#basicBytes();
    stream.length = u24(this.#bytes, at + 3);
    stream.type = this.#bytes[at + 6] ?? 0;
    if (this.fmt === 0) stream.msid = u32le(this.#bytes, at + 7);
  }

  #basicBytes(): number {
    const field = (this.#bytes[0] ?? 0) & 0x3f;
    return field === 0 ? 2 : field === 1 ? 3 : 1;
  }

  /** Whether a fmt 3 chunk carries an extended timestamp: always at a message start; in a continuation only if the bytes say so. */
  #fmt3Progress(stream: HeaderContext | undefined, basic: number): HeaderProgress {
    const extra = this.#length - basic;
    if (stream === undefined || !stream.extended || extra === EXTENDED_BYTES) return 'complete';
    return stream.partial === undefined || this.#couldBeExtension(stream, basic, extra) ? 'more' : 'overrun';
  }

  /** Whether the bytes so far agree with the field as sent or with the absolute time, with or without the sign bit. */
  #couldBeExtension(stream: HeaderContext, basic: number, extra: number): boolean {
    for (const candidate of [stream.field, stream.timestamp, stream.field & 0x7fffffff, stream.timestamp & 0x7fffffff]) {
      let same = true;
      for (let i = 0; i < extra; i++) same &&= this.#bytes[basic + i] === ((candidate >>> (24 - 8 * i)) & 0xff);
      if (same) return true;
    }
    return false;
  }

  #applyTime(stream: MessageHeader): void {
    const { fmt } = this;
    const at = this.#basicBytes();
    const extension = at + (MESSAGE_HEADER_BYTES[fmt] ?? 0);
    if (fmt < 3) {
      const field = u24(this.#bytes, at);
      stream.extended = field === EXTENDED_TIMESTAMP;
      stream.field = stream.extended ? u32(this.#bytes, extension) : field;
      stream.absolute = fmt === 0;
    } else if (stream.extended) {
      stream.field = u32(this.#bytes, extension);
    }
    if (fmt === 0) stream.timestamp = stream.field;
    else if (fmt < 3 || !stream.absolute || stream.field <= MAX_INHERITED_ABSOLUTE_MS) {
      stream.timestamp = (stream.timestamp + stream.field) >>> 0;
    }
  }
}
