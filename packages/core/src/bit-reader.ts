// A bounded bit reader with the Exp-Golomb codes of H.264/HEVC (clause 9.1). Like ByteReader it yields zero and sets
// `overrun` past the end. It reads RBSP bytes: remove emulation prevention first.

/** Exp-Golomb prefixes above this cannot encode a 32-bit value; longer ones are malformed. */
const MAX_GOLOMB_PREFIX = 32;

export class BitReader {
  readonly #bytes: Uint8Array;
  #bit = 0;
  #overrun = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get overrun(): boolean {
    return this.#overrun;
  }

  get remainingBits(): number {
    return this.#bytes.length * 8 - this.#bit;
  }

  /** Position in bits from the start. */
  get position(): number {
    return this.#bit;
  }

  bit(): number {
    const byte = this.#bytes[this.#bit >> 3];
    if (byte === undefined) {
      this.#overrun = true;
      return 0;
    }
    const value = (byte >> (7 - (this.#bit & 7))) & 1;
    this.#bit += 1;
    return value;
  }

  flag(): boolean {
    return this.bit() === 1;
  }

  /** Unsigned value of `count` bits, 0 to 32. */
  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.bit();
    return value;
  }

  skip(count: number): void {
    if (count > this.remainingBits) {
      this.#overrun = true;
      this.#bit = this.#bytes.length * 8;
      return;
    }
    this.#bit += count;
  }

  /** ue(v) */
  ue(): number {
    let zeros = 0;
    while (this.bit() === 0) {
      zeros += 1;
      if (this.#overrun || zeros > MAX_GOLOMB_PREFIX) {
        this.#overrun = true;
        return 0;
      }
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v) */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -(code / 2);
  }
}
