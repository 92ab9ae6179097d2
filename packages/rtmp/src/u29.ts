// U29, the variable-length integer of AMF3 (Adobe "Action Message Format, AMF 3", section 1.3.1): lengths, counts, references, flags.

import { type ByteReader, type ByteWriter, invariant } from '@headend/core';

export const U29_RANGE = 2 ** 29;

/** U29: 7 bits in each of three bytes behind a continuation bit, then 8 bits in a fourth. */
export const readU29 = (reader: ByteReader): number => {
  let value = 0;
  for (let i = 0; i < 3; i++) {
    const byte = reader.u8();
    value = (value << 7) | (byte & 0x7f);
    if (byte < 0x80) return value;
  }
  return (value << 8) | reader.u8();
};

export const writeU29 = (writer: ByteWriter, value: number): void => {
  invariant(Number.isInteger(value) && value >= 0 && value < U29_RANGE, 'not a U29');
  if (value < 0x80) writer.u8(value);
  else if (value < 0x4000) writer.u8((value >> 7) | 0x80).u8(value & 0x7f);
  else if (value < 0x200000) {
    writer
      .u8((value >> 14) | 0x80)
      .u8(((value >> 7) & 0x7f) | 0x80)
      .u8(value & 0x7f);
  } else {
    writer
      .u8((value >> 22) | 0x80)
      .u8(((value >> 15) & 0x7f) | 0x80)
      .u8(((value >> 8) & 0x7f) | 0x80)
      .u8(value & 0xff);
  }
};
