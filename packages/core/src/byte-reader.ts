// A bounded, big-endian reader over a byte array. Reading past the end never throws and never yields stale bytes:
// it returns zero and sets `overrun`, which the parser checks once at the end (or at a branch that depends on the value).

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset: number;
  readonly #end: number;
  #overrun = false;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = start;
    this.#end = Math.min(end, bytes.length);
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#end - this.#offset;
  }

  /** True once any read asked for more bytes than there were. */
  get overrun(): boolean {
    return this.#overrun;
  }

  #take(size: number): number {
    if (size < 0 || size > this.remaining) {
      this.#overrun = true;
      this.#offset = this.#end;
      return -1;
    }
    const at = this.#offset;
    this.#offset += size;
    return at;
  }

  u8(): number {
    const at = this.#take(1);
    return at < 0 ? 0 : this.#view.getUint8(at);
  }

  i8(): number {
    const at = this.#take(1);
    return at < 0 ? 0 : this.#view.getInt8(at);
  }

  u16(): number {
    const at = this.#take(2);
    return at < 0 ? 0 : this.#view.getUint16(at);
  }

  i16(): number {
    const at = this.#take(2);
    return at < 0 ? 0 : this.#view.getInt16(at);
  }

  u24(): number {
    const at = this.#take(3);
    return at < 0 ? 0 : (this.#view.getUint16(at) << 8) | this.#view.getUint8(at + 2);
  }

  i24(): number {
    return (this.u24() << 8) >> 8;
  }

  u32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#view.getUint32(at);
  }

  i32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#view.getInt32(at);
  }

  u32le(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#view.getUint32(at, true);
  }

  /** Unsigned 64-bit as a number; values above 2^53 lose precision, as documented where it matters. */
  u64(): number {
    const at = this.#take(8);
    return at < 0 ? 0 : this.#view.getUint32(at) * 2 ** 32 + this.#view.getUint32(at + 4);
  }

  f64(): number {
    const at = this.#take(8);
    return at < 0 ? 0 : this.#view.getFloat64(at);
  }

  /** The next `size` bytes as a view (no copy); empty on overrun. */
  bytes(size: number): Uint8Array {
    const at = this.#take(size);
    return at < 0 ? this.#bytes.subarray(0, 0) : this.#bytes.subarray(at, at + size);
  }

  /** All remaining bytes as a view. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  skip(size: number): void {
    this.#take(size);
  }

  /** The byte `ahead` positions from here without consuming it, or undefined past the end. */
  peek(ahead = 0): number | undefined {
    return ahead < this.remaining ? this.#bytes[this.#offset + ahead] : undefined;
  }

  /** A reader over the next `size` bytes, which this reader skips. */
  sub(size: number): ByteReader {
    const at = this.#take(size);
    return at < 0 ? new ByteReader(this.#bytes, this.#end, this.#end) : new ByteReader(this.#bytes, at, at + size);
  }
}
