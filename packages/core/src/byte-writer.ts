// A growing, big-endian writer with a hard limit. Exceeding the limit is our bug (writers know their sizes), hence an invariant.

import { invariant } from './invariant.ts';

const DEFAULT_LIMIT = 64 * 1024 * 1024;

export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;
  readonly #limit: number;

  constructor(initialSize = 256, limit: number = DEFAULT_LIMIT) {
    this.#bytes = new Uint8Array(initialSize);
    this.#view = new DataView(this.#bytes.buffer);
    this.#limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  #reserve(size: number): number {
    const at = this.#length;
    const needed = at + size;
    invariant(needed <= this.#limit, `writer limit of ${this.#limit} bytes exceeded`);
    if (needed > this.#bytes.length) this.#grow(needed);
    this.#length = needed;
    return at;
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.min(this.#limit, Math.max(needed, this.#bytes.length * 2)));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  u8(value: number): this {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value);
    return this;
  }

  i16(value: number): this {
    const at = this.#reserve(2);
    this.#view.setInt16(at, value);
    return this;
  }

  u24(value: number): this {
    const at = this.#reserve(3);
    this.#view.setUint16(at, (value >> 8) & 0xffff);
    this.#view.setUint8(at + 2, value & 0xff);
    return this;
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value);
    return this;
  }

  i32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setInt32(at, value);
    return this;
  }

  u32le(value: number): this {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  u64(value: number): this {
    const at = this.#reserve(8);
    this.#view.setUint32(at, Math.floor(value / 2 ** 32));
    this.#view.setUint32(at + 4, value >>> 0);
    return this;
  }

  f64(value: number): this {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value);
    return this;
  }

  bytes(value: Uint8Array): this {
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  zeros(size: number): this {
    const at = this.#reserve(size);
    this.#bytes.fill(0, at, at + size);
    return this;
  }

  /** ASCII text, one byte a character. */
  ascii(value: string): this {
    const at = this.#reserve(value.length);
    for (let i = 0; i < value.length; i++) this.#view.setUint8(at + i, value.charCodeAt(i) & 0x7f);
    return this;
  }

  /** Overwrites four bytes written before, for sizes known only afterwards. */
  patchU32(at: number, value: number): void {
    invariant(at >= 0 && at + 4 <= this.#length, 'patch outside what was written');
    this.#view.setUint32(at, value);
  }

  /** What was written, as a view of the writer's buffer; take it once, when writing is over. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
