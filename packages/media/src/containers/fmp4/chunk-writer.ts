// One CMAF chunk: [prft] moof{mfhd traf{tfhd tfdt trun}} mdat (ISO/IEC 14496-12 clauses 8.8 and 8.16.5, 23000-19 clause 7.3).
// The hot path of the server: one pass finds the most compact trun layout, then one allocation of the exact size is filled in
// order; sample bytes are copied once. Leaves out styp (optional for HLS and DASH parts), emsg, encryption and several trafs.

import { invariant, type Ticks, type WallMs } from '@headend/core';
import type { Track } from '../../track.ts';
import { NON_SYNC_SAMPLE_FLAGS, SYNC_SAMPLE_FLAGS, sampleFlags } from './sample-flags.ts';
import { fmp4TrackId } from './track-id.ts';

export type ChunkSample = {
  readonly duration: Ticks;
  /** pts − dts; negative where the stream's decode times run ahead (brand cmf2). */
  readonly compositionOffset: Ticks;
  readonly key: boolean;
  readonly data: Uint8Array;
};

/** prft: the wallclock at which the frame presented at `mediaTime` was captured. */
export type ProducerReferenceTime = { readonly wallMs: WallMs; readonly mediaTime: Ticks };

export type ChunkPlan = {
  /** mfhd sequence_number: one more for each chunk of the rendition; wraps at 2^32. */
  readonly sequence: number;
  readonly track: Pick<Track, 'kind'>;
  /** dts of the first sample. */
  readonly baseDecodeTime: Ticks;
  /** At least one: players reject an empty trun. */
  readonly samples: readonly ChunkSample[];
  readonly producerReferenceTime?: ProducerReferenceTime;
};

/** Seconds from the NTP epoch (1900) to the Unix epoch. */
export const NTP_UNIX_OFFSET_SECONDS = 2_208_988_800;
/** prft flags 24: the time the input was captured (ISO/IEC 14496-12 amendment; what dash.js reads as glass time). */
export const PRFT_CAPTURED = 24;

const PRFT_SIZE = 32;
const MFHD_SIZE = 16;
/** tfhd with default_sample_flags, always written: 16 + 4. A default duration adds 4. */
const TFHD_SIZE = 20;
const TFDT_SIZE = 20;
/** trun with data_offset: 12 + 4 + 4. */
const TRUN_SIZE = 20;
const BOX_HEADER = 8;

const TFHD_DEFAULT_BASE_IS_MOOF = 0x02_0000;
const TFHD_DEFAULT_DURATION = 0x8;
const TFHD_DEFAULT_FLAGS = 0x20;
const TRUN_DATA_OFFSET = 0x1;
const TRUN_FIRST_SAMPLE_FLAGS = 0x4;
const TRUN_DURATION = 0x100;
const TRUN_SIZE_COLUMN = 0x200;
const TRUN_FLAGS = 0x400;
const TRUN_COMPOSITION_OFFSET = 0x800;

const fourcc = (type: string): number =>
  ((type.charCodeAt(0) << 24) | (type.charCodeAt(1) << 16) | (type.charCodeAt(2) << 8) | type.charCodeAt(3)) >>> 0;
const PRFT = fourcc('prft');
const MOOF = fourcc('moof');
const MFHD = fourcc('mfhd');
const TRAF = fourcc('traf');
const TFHD = fourcc('tfhd');
const TFDT = fourcc('tfdt');
const TRUN = fourcc('trun');
const MDAT = fourcc('mdat');

type Layout = {
  readonly trunFlags: number;
  /** Written once in tfhd instead of a column, when all samples last as long. */
  readonly defaultDuration: number | undefined;
  readonly defaultFlags: number;
  readonly dataBytes: number;
  readonly tfhdSize: number;
  readonly trunSize: number;
};

/** One pass over the samples: which columns vary, and how many bytes they take. */
const planLayout = (samples: readonly ChunkSample[], first: ChunkSample): Layout => {
  let dataBytes = 0;
  let keys = 0;
  let sameDuration = true;
  let offsets = false;
  for (const sample of samples) {
    dataBytes += sample.data.length;
    if (sample.key) keys += 1;
    if (sample.duration !== first.duration) sameDuration = false;
    if (sample.compositionOffset !== 0) offsets = true;
  }
  const allKeys = keys === samples.length;
  const onlyFirst = keys === 1 && first.key && !allKeys;
  const flagColumn = !allKeys && keys > 0 && !onlyFirst;
  const trunFlags =
    TRUN_DATA_OFFSET |
    TRUN_SIZE_COLUMN |
    (onlyFirst ? TRUN_FIRST_SAMPLE_FLAGS : 0) |
    (sameDuration ? 0 : TRUN_DURATION) |
    (flagColumn ? TRUN_FLAGS : 0) |
    (offsets ? TRUN_COMPOSITION_OFFSET : 0);
  const columns = 1 + (sameDuration ? 0 : 1) + (flagColumn ? 1 : 0) + (offsets ? 1 : 0);
  return {
    trunFlags,
    defaultDuration: sameDuration ? first.duration : undefined,
    defaultFlags: allKeys ? SYNC_SAMPLE_FLAGS : NON_SYNC_SAMPLE_FLAGS,
    dataBytes,
    tfhdSize: TFHD_SIZE + (sameDuration ? 4 : 0),
    trunSize: TRUN_SIZE + (onlyFirst ? 4 : 0) + samples.length * columns * 4,
  };
};

/** Writes at a moving offset into the one allocation; sizes were computed before, so nothing grows. */
class ChunkCursor {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  offset = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  u32(value: number): void {
    this.#view.setUint32(this.offset, value);
    this.offset += 4;
  }

  i32(value: number): void {
    this.#view.setInt32(this.offset, value);
    this.offset += 4;
  }

  u64(value: number): void {
    this.u32(Math.floor(value / 2 ** 32));
    this.u32(value >>> 0);
  }

  box(size: number, type: number): void {
    this.u32(size);
    this.u32(type);
  }

  data(value: Uint8Array): void {
    this.bytes.set(value, this.offset);
    this.offset += value.length;
  }
}

const writePrft = (cursor: ChunkCursor, trackId: number, reference: ProducerReferenceTime): void => {
  const seconds = Math.floor(reference.wallMs / 1000);
  const fraction = Math.min(Math.round(((reference.wallMs - seconds * 1000) / 1000) * 2 ** 32), 0xffff_ffff);
  cursor.box(PRFT_SIZE, PRFT);
  cursor.u32((1 << 24) | PRFT_CAPTURED);
  cursor.u32(trackId);
  cursor.u32(seconds + NTP_UNIX_OFFSET_SECONDS); // modulo 2^32 by the view: NTP era 1 from 2036
  cursor.u32(fraction);
  cursor.u64(reference.mediaTime);
};

const writeTfhd = (cursor: ChunkCursor, trackId: number, layout: Layout): void => {
  const withDuration = layout.defaultDuration === undefined ? 0 : TFHD_DEFAULT_DURATION;
  cursor.box(layout.tfhdSize, TFHD);
  cursor.u32(TFHD_DEFAULT_BASE_IS_MOOF | TFHD_DEFAULT_FLAGS | withDuration);
  cursor.u32(trackId);
  if (layout.defaultDuration !== undefined) cursor.u32(layout.defaultDuration);
  cursor.u32(layout.defaultFlags);
};

const writeTrun = (cursor: ChunkCursor, samples: readonly ChunkSample[], layout: Layout, dataOffset: number): void => {
  const flags = layout.trunFlags;
  cursor.box(layout.trunSize, TRUN);
  cursor.u32((1 << 24) | flags);
  cursor.u32(samples.length);
  cursor.i32(dataOffset);
  if (flags & TRUN_FIRST_SAMPLE_FLAGS) cursor.u32(SYNC_SAMPLE_FLAGS);
  for (const sample of samples) {
    if (flags & TRUN_DURATION) cursor.u32(sample.duration);
    cursor.u32(sample.data.length);
    if (flags & TRUN_FLAGS) cursor.u32(sampleFlags(sample.key));
    if (flags & TRUN_COMPOSITION_OFFSET) cursor.i32(sample.compositionOffset);
  }
};

/** The bytes of one chunk, in an array of exactly its size. */
export const writeChunk = (chunk: ChunkPlan): Uint8Array => {
  const { samples, producerReferenceTime } = chunk;
  const first = samples[0];
  invariant(first !== undefined, 'a chunk holds at least one sample');
  invariant(chunk.baseDecodeTime >= 0, 'baseMediaDecodeTime is unsigned: shift the timeline before packaging');
  const trackId = fmp4TrackId(chunk.track);
  const layout = planLayout(samples, first);
  const trafSize = BOX_HEADER + layout.tfhdSize + TFDT_SIZE + layout.trunSize;
  const moofSize = BOX_HEADER + MFHD_SIZE + trafSize;
  const prftSize = producerReferenceTime === undefined ? 0 : PRFT_SIZE;
  const cursor = new ChunkCursor(prftSize + moofSize + BOX_HEADER + layout.dataBytes);
  if (producerReferenceTime !== undefined) writePrft(cursor, trackId, producerReferenceTime);
  cursor.box(moofSize, MOOF);
  cursor.box(MFHD_SIZE, MFHD);
  cursor.u32(0);
  cursor.u32(chunk.sequence);
  cursor.box(trafSize, TRAF);
  writeTfhd(cursor, trackId, layout);
  cursor.box(TFDT_SIZE, TFDT);
  cursor.u32(1 << 24);
  cursor.u64(chunk.baseDecodeTime);
  writeTrun(cursor, samples, layout, moofSize + BOX_HEADER);
  cursor.box(BOX_HEADER + layout.dataBytes, MDAT);
  for (const sample of samples) cursor.data(sample.data);
  return cursor.bytes;
};
