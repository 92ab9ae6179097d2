// NAL unit streams of H.264 and HEVC: length-prefixed (ISO/IEC 14496-15 §5.3.3), byte stream (H.264 / HEVC Annex B) and the
// emulation prevention of §7.4.1 (H.264) and §7.4.2 (HEVC). It knows nothing of what a NAL unit means.

import { err, ok, type Result, type WireError, wireError } from '@headend/core';

/** Bytes before each NAL unit. ISO/IEC 14496-15 forbids 3. */
export type NalLengthSize = 1 | 2 | 4;

/** Eight slices for each of 500 tiles and some SEI stay below this; more is an attack on our memory, not a picture. */
export const MAX_NAL_UNITS = 4096;

/** The NAL unit length field that every frame behind ingest uses. */
export const FRAME_NAL_LENGTH_SIZE = 4;

/** lengthSizeMinusOne (avcC, hvcC) as a size; 3 is reserved and refused. */
export const nalLengthSizeFromCode = (lengthSizeMinusOne: number): NalLengthSize | undefined => {
  const size = (lengthSizeMinusOne & 3) + 1;
  return size === 1 || size === 2 || size === 4 ? size : undefined;
};

const readLength = (data: Uint8Array, at: number, size: NalLengthSize): number => {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + (data[at + i] ?? 0);
  return value;
};

/** The NAL units of a length-prefixed access unit, as views. Empty NAL units (some encoders pad with them) are left out. */
export const splitLengthPrefixed = (data: Uint8Array, lengthSize: NalLengthSize): Result<Uint8Array[], WireError> => {
  const nals: Uint8Array[] = [];
  let at = 0;
  while (at < data.length) {
    if (data.length - at < lengthSize) return wireError('nal_length_truncated', 'a NAL unit length field is cut off', at);
    const length = readLength(data, at, lengthSize);
    const start = at + lengthSize;
    if (length > data.length - start) return wireError('nal_length_overrun', 'a NAL unit is longer than its access unit', at);
    if (length > 0) nals.push(data.subarray(start, start + length));
    if (nals.length > MAX_NAL_UNITS) return wireError('nal_too_many', `more than ${MAX_NAL_UNITS} NAL units in one access unit`, at);
    at = start + length;
  }
  return ok(nals);
};

/** Whether the data opens with a start code (00 00 01 or 00 00 00 01). */
export const startsWithStartCode = (data: Uint8Array): boolean =>
  data[0] === 0 && data[1] === 0 && (data[2] === 1 || (data[2] === 0 && data[3] === 1));

/** Offset of the next 00 00 01 at or after `from`, or -1. */
const findStartCode = (data: Uint8Array, from: number): number => {
  let one = data.indexOf(1, from + 2);
  while (one !== -1) {
    if (data[one - 1] === 0 && data[one - 2] === 0) return one - 2;
    one = data.indexOf(1, one + 1);
  }
  return -1;
};

/** The NAL units of a byte stream, as views, without leading and trailing zero bytes (Annex B.1). Bytes before the first start code are ignored. */
export const splitAnnexB = (data: Uint8Array): Result<Uint8Array[], WireError> => {
  const nals: Uint8Array[] = [];
  let code = findStartCode(data, 0);
  while (code !== -1) {
    const start = code + 3;
    const next = findStartCode(data, start);
    let end = next === -1 ? data.length : next;
    // A NAL unit never ends in 00 (its RBSP ends in a stop bit), so zeros here belong to the byte stream.
    while (end > start && data[end - 1] === 0) end -= 1;
    if (end > start) nals.push(data.subarray(start, end));
    if (nals.length > MAX_NAL_UNITS) return wireError('nal_too_many', `more than ${MAX_NAL_UNITS} NAL units in one access unit`, code);
    code = next;
  }
  return ok(nals);
};

/** NAL units behind 4-byte lengths: the form of `Frame.data`. */
export const joinLengthPrefixed = (nals: readonly Uint8Array[]): Uint8Array => {
  let size = 0;
  for (const nal of nals) size += FRAME_NAL_LENGTH_SIZE + nal.length;
  const joined = new Uint8Array(size);
  const view = new DataView(joined.buffer);
  let at = 0;
  for (const nal of nals) {
    view.setUint32(at, nal.length);
    joined.set(nal, at + FRAME_NAL_LENGTH_SIZE);
    at += FRAME_NAL_LENGTH_SIZE + nal.length;
  }
  return joined;
};

const START_CODE = Uint8Array.of(0, 0, 0, 1);

/** NAL units behind 4-byte start codes: what decoders, MPEG-TS and RTP tools read. */
export const joinAnnexB = (nals: readonly Uint8Array[]): Uint8Array => {
  let size = 0;
  for (const nal of nals) size += START_CODE.length + nal.length;
  const joined = new Uint8Array(size);
  let at = 0;
  for (const nal of nals) {
    joined.set(START_CODE, at);
    joined.set(nal, at + START_CODE.length);
    at += START_CODE.length + nal.length;
  }
  return joined;
};

/** Length-prefixed access unit → byte stream. */
export const lengthPrefixedToAnnexB = (data: Uint8Array, lengthSize: NalLengthSize): Result<Uint8Array, WireError> => {
  const nals = splitLengthPrefixed(data, lengthSize);
  return nals.ok ? ok(joinAnnexB(nals.value)) : err(nals.error);
};

/** Byte stream → 4-byte length-prefixed access unit. */
export const annexBToLengthPrefixed = (data: Uint8Array): Result<Uint8Array, WireError> => {
  const nals = splitAnnexB(data);
  return nals.ok ? ok(joinLengthPrefixed(nals.value)) : err(nals.error);
};

/** RBSP bytes of a NAL unit: drops each 03 that follows 00 00. Returns the same array when there is none. */
export const removeEmulationPrevention = (nal: Uint8Array): Uint8Array => {
  let zeros = 0;
  let out: Uint8Array | undefined;
  let length = 0;
  for (let i = 0; i < nal.length; i++) {
    const byte = nal[i] ?? 0;
    if (zeros >= 2 && byte === 3) {
      if (out === undefined) {
        // Not slice(): on a Buffer, as sockets and files give, it shares the bytes, and the NAL unit itself would change.
        out = new Uint8Array(nal);
        length = i;
      }
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    if (out !== undefined) {
      out[length] = byte;
      length += 1;
    }
  }
  return out === undefined ? nal : out.subarray(0, length);
};
