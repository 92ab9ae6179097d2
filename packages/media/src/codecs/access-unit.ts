// H.264 and HEVC access units in the form of `Frame.data`: 4-byte lengths, without delimiters, parameter sets, filler and
// end-of-sequence NAL units (ISO/IEC 14496-15 §5.3.2, §8.3.2 for `avc1` and `hvc1`). SEI stays: it carries captions and timecodes.
// Whether a picture is a random access point is read from its NAL units; what the container claims is not asked.

import { BitReader, ok, type Result, type WireError } from '@headend/core';
import { H264NalType, h264NalType } from './h264.ts';
import { HevcNalType, hevcNalType } from './hevc.ts';
import {
  FRAME_NAL_LENGTH_SIZE,
  joinLengthPrefixed,
  type NalLengthSize,
  removeEmulationPrevention,
  splitAnnexB,
  splitLengthPrefixed,
  startsWithStartCode,
} from './nal.ts';

export type NalCodec = 'h264' | 'hevc';

/** In-band parameter sets, as NAL units in the order they came. */
export type ParameterSets = {
  readonly vps?: readonly Uint8Array[];
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
};

export type AccessUnit = {
  /** Empty when the unit held nothing but parameter sets and delimiters. */
  readonly data: Uint8Array;
  /** A decoder can start here. */
  readonly key: boolean;
  /** The picture is an IDR: nothing after it, in any order, refers to anything before it. */
  readonly idr: boolean;
  readonly parameterSets?: ParameterSets;
};

const H264_STRIPPED: ReadonlySet<number> = new Set([
  H264NalType.sps,
  H264NalType.pps,
  H264NalType.accessUnitDelimiter,
  H264NalType.endOfSequence,
  H264NalType.endOfStream,
  H264NalType.filler,
  H264NalType.spsExtension,
  H264NalType.subsetSps,
]);

const HEVC_STRIPPED: ReadonlySet<number> = new Set([
  HevcNalType.vps,
  HevcNalType.sps,
  HevcNalType.pps,
  HevcNalType.accessUnitDelimiter,
  HevcNalType.endOfSequence,
  HevcNalType.endOfBitstream,
  HevcNalType.filler,
]);

const SEI_RECOVERY_POINT = 6;
/** slice_type % 5 of I and SI slices (table 7-6). */
const SLICE_I = 2;
const SLICE_SI = 4;

/** ff-extended value of sei_payload type and size (§7.3.2.3.1). */
const readSeiValue = (data: Uint8Array, from: number): { readonly value: number; readonly next: number } => {
  let at = from;
  let value = 0;
  while (data[at] === 0xff) {
    value += 0xff;
    at += 1;
  }
  return { value: value + (data[at] ?? 0), next: at + 1 };
};

/** Whether the SEI says that decoding from this very picture is exact: recovery_frame_cnt 0 (§D.1.8). */
const hasRecoveryPointHere = (nal: Uint8Array): boolean => {
  const sei = removeEmulationPrevention(nal);
  let at = 1;
  // A message takes at least two bytes; what is shorter is the trailing stop bit.
  while (at + 2 < sei.length) {
    const type = readSeiValue(sei, at);
    const size = readSeiValue(sei, type.next);
    if (type.value === SEI_RECOVERY_POINT) {
      const payload = new BitReader(sei.subarray(size.next, size.next + size.value));
      return payload.ue() === 0 && !payload.overrun;
    }
    at = size.next + size.value;
  }
  return false;
};

/** Longest slice header prefix we need: two ue(v) codes of at most 65 bits, with emulation bytes. */
const SLICE_PREFIX_BYTES = 32;

const isIntraSlice = (nal: Uint8Array): boolean => {
  const r = new BitReader(removeEmulationPrevention(nal.subarray(1, SLICE_PREFIX_BYTES)));
  r.ue(); // first_mb_in_slice
  const type = r.ue() % 5;
  return !r.overrun && (type === SLICE_I || type === SLICE_SI);
};

/** Coded slices of a non-IDR picture start like this: type 1, or 2 for partition A. */
const isSlice = (type: number): boolean => type === H264NalType.slice || type === H264NalType.partitionA;

/** A recovery point with no frames to wait for, on a picture of intra slices only: what encoders with open GOPs send. */
const isOpenGopKey = (nals: readonly Uint8Array[]): boolean => {
  if (!nals.some((nal) => h264NalType(nal) === H264NalType.sei && hasRecoveryPointHere(nal))) return false;
  const slices = nals.filter((nal) => isSlice(h264NalType(nal)));
  return slices.length > 0 && slices.every(isIntraSlice);
};

type Access = Pick<AccessUnit, 'key' | 'idr'>;

const h264Access = (nals: readonly Uint8Array[]): Access => {
  const idr = nals.some((nal) => h264NalType(nal) === H264NalType.idrSlice);
  return { idr, key: idr || isOpenGopKey(nals) };
};

const hevcAccess = (nals: readonly Uint8Array[]): Access => {
  let idr = false;
  let key = false;
  for (const nal of nals) {
    const type = hevcNalType(nal);
    if (type >= HevcNalType.blaWithLeading && type <= HevcNalType.cra) key = true;
    if (type === HevcNalType.idrWithRadl || type === HevcNalType.idrNoLeading) idr = true;
  }
  return { key, idr };
};

const h264ParameterSets = (nals: readonly Uint8Array[]): ParameterSets | undefined => {
  const sps = nals.filter((nal) => h264NalType(nal) === H264NalType.sps);
  const pps = nals.filter((nal) => h264NalType(nal) === H264NalType.pps);
  return sps.length + pps.length === 0 ? undefined : { sps, pps };
};

const hevcParameterSets = (nals: readonly Uint8Array[]): ParameterSets | undefined => {
  const vps = nals.filter((nal) => hevcNalType(nal) === HevcNalType.vps);
  const sps = nals.filter((nal) => hevcNalType(nal) === HevcNalType.sps);
  const pps = nals.filter((nal) => hevcNalType(nal) === HevcNalType.pps);
  return vps.length + sps.length + pps.length === 0 ? undefined : { vps, sps, pps };
};

/** Length-prefixed as promised, or the byte stream that some encoders put there instead. */
const splitEither = (
  data: Uint8Array,
  lengthSize: NalLengthSize,
): Result<{ readonly nals: Uint8Array[]; readonly annexB: boolean }, WireError> => {
  const prefixed = splitLengthPrefixed(data, lengthSize);
  if (prefixed.ok) return ok({ nals: prefixed.value, annexB: false });
  if (!startsWithStartCode(data)) return prefixed;
  const stream = splitAnnexB(data);
  return stream.ok ? ok({ nals: stream.value, annexB: true }) : stream;
};

const framedSize = (nals: readonly Uint8Array[]): number => {
  let size = 0;
  for (const nal of nals) size += FRAME_NAL_LENGTH_SIZE + nal.length;
  return size;
};

/** The same array comes back when it already has the right form. */
export const normaliseAccessUnit = (codec: NalCodec, data: Uint8Array, nalLengthSize: NalLengthSize): Result<AccessUnit, WireError> => {
  const split = splitEither(data, nalLengthSize);
  if (!split.ok) return split;
  const { nals, annexB } = split.value;
  const kept =
    codec === 'h264'
      ? nals.filter((nal) => !H264_STRIPPED.has(h264NalType(nal)))
      : nals.filter((nal) => !HEVC_STRIPPED.has(hevcNalType(nal)));
  // Equal sizes mean that nothing was dropped, not even an empty NAL unit.
  const unchanged = !annexB && nalLengthSize === FRAME_NAL_LENGTH_SIZE && framedSize(kept) === data.length;
  const access = codec === 'h264' ? h264Access(kept) : hevcAccess(kept);
  const parameterSets = codec === 'h264' ? h264ParameterSets(nals) : hevcParameterSets(nals);
  const unit = { data: unchanged ? data : joinLengthPrefixed(kept), ...access };
  return ok(parameterSets === undefined ? unit : { ...unit, parameterSets });
};
