// Reads the fragments of a segment, part or whole fMP4 file: every moof+mdat with its samples, times, flags and prft
// (ISO/IEC 14496-12 clauses 8.8 and 8.16.5). For tests, probes and tools; reads what other writers produce as well.
// Leaves out encryption boxes and data references to other files.

import { type ByteReader, ok, type Result, type Ticks, ticks, type WallMs, type WireError, wallMs, wireError } from '@headend/core';
import { type Box, bodyReader, findBox, readBoxes } from './box-reader.ts';
import { NTP_UNIX_OFFSET_SECONDS } from './chunk-writer.ts';
import type { FragmentDefaults, InitTrack } from './init-reader.ts';
import { isSyncSample } from './sample-flags.ts';

/** Samples in all of the bytes: nine hours of 30 fps video, and a bound for truns that carry no bytes per sample. */
export const MAX_SAMPLES_READ = 1_000_000;

export type ReadSample = {
  readonly dts: Ticks;
  readonly pts: Ticks;
  readonly duration: Ticks;
  readonly key: boolean;
  readonly flags: number;
  readonly data: Uint8Array;
};

export type ReadProducerReferenceTime = {
  readonly trackId: number;
  readonly flags: number;
  readonly wallMs: WallMs;
  readonly mediaTime: Ticks;
};

/** One track fragment: a CMAF chunk has exactly one, other files may have several per moof. */
export type ReadChunk = {
  readonly sequence: number;
  readonly trackId: number;
  readonly baseDecodeTime: Ticks;
  readonly samples: readonly ReadSample[];
  /** The prft before this moof that speaks of this track. */
  readonly producerReferenceTime?: ReadProducerReferenceTime;
};

type Tfhd = { readonly trackId: number; readonly baseOffset: number | undefined; readonly defaults: FragmentDefaults };

const readPrft = (bytes: Uint8Array, box: Box): Result<ReadProducerReferenceTime, WireError> => {
  const reader = bodyReader(bytes, box);
  const version = reader.u8();
  const flags = reader.u24();
  const trackId = reader.u32();
  const ntp = reader.u32();
  // NTP seconds wrap in 2036; RFC 4330 section 3 tells the era by the top bit.
  const seconds = (ntp < 2 ** 31 ? ntp + 2 ** 32 : ntp) - NTP_UNIX_OFFSET_SECONDS;
  const fractionMs = (reader.u32() / 2 ** 32) * 1000;
  const mediaTime = version === 0 ? reader.u32() : reader.u64();
  if (reader.overrun) return wireError('mp4_prft', 'prft is cut', box.start);
  return ok({ trackId, flags, wallMs: wallMs(seconds * 1000 + fractionMs), mediaTime: ticks(mediaTime) });
};

const readTfhd = (bytes: Uint8Array, box: Box, trex: ReadonlyMap<number, FragmentDefaults>): Result<Tfhd, WireError> => {
  const reader = bodyReader(bytes, box);
  reader.skip(1);
  const flags = reader.u24();
  const trackId = reader.u32();
  const fallback = trex.get(trackId);
  const baseOffset = flags & 0x1 ? reader.u64() : undefined;
  if (flags & 0x2) reader.skip(4);
  const duration = flags & 0x8 ? reader.u32() : (fallback?.duration ?? 0);
  const size = flags & 0x10 ? reader.u32() : (fallback?.size ?? 0);
  const sampleFlags = flags & 0x20 ? reader.u32() : (fallback?.flags ?? 0);
  if (reader.overrun) return wireError('mp4_tfhd', 'tfhd is cut', box.start);
  return ok({ trackId, baseOffset, defaults: { duration, size, flags: sampleFlags } });
};

const readTfdt = (bytes: Uint8Array, box: Box | undefined): number => {
  if (box === undefined) return 0;
  const reader = bodyReader(bytes, box);
  const version = reader.u8();
  reader.skip(3);
  return version === 1 ? reader.u64() : reader.u32();
};

/** Where reading stands in a track fragment: several truns continue each other in time and, without data_offset, in place. */
type TrunCursor = { dts: number; dataAt: number; readonly samples: ReadSample[]; readonly budget: Budget };

/** Samples that may still be read; shared by all fragments of one call. */
type Budget = { samples: number };

type TrunHeader = { readonly version: number; readonly flags: number; readonly count: number; readonly firstFlags: number | undefined };

const readSample = (reader: ByteReader, header: TrunHeader, index: number, defaults: FragmentDefaults) => {
  const { flags, version, firstFlags } = header;
  const duration = flags & 0x100 ? reader.u32() : defaults.duration;
  const size = flags & 0x200 ? reader.u32() : defaults.size;
  const own = flags & 0x400 ? reader.u32() : defaults.flags;
  const sampleFlags = index === 0 && firstFlags !== undefined ? firstFlags : own;
  const offset = flags & 0x800 ? (version === 0 ? reader.u32() : reader.i32()) : 0;
  return { duration, size, sampleFlags, offset };
};

const readTrun = (bytes: Uint8Array, box: Box, base: number, defaults: FragmentDefaults, cursor: TrunCursor): Result<void, WireError> => {
  const reader = bodyReader(bytes, box);
  const version = reader.u8();
  const flags = reader.u24();
  const count = reader.u32();
  if (flags & 0x1) cursor.dataAt = base + reader.i32();
  const header: TrunHeader = { version, flags, count, firstFlags: flags & 0x4 ? reader.u32() : undefined };
  if (count > cursor.budget.samples) return wireError('mp4_too_many_samples', `trun declares ${count} samples`, box.start);
  cursor.budget.samples -= count;
  for (let i = 0; i < count; i++) {
    const { duration, size, sampleFlags, offset } = readSample(reader, header, i, defaults);
    const end = cursor.dataAt + size;
    if (reader.overrun) return wireError('mp4_trun', 'trun is shorter than its samples', box.start);
    if (cursor.dataAt < 0 || end > bytes.length) return wireError('mp4_sample_range', `sample ${i} lies outside the bytes`, box.start);
    cursor.samples.push({
      dts: ticks(cursor.dts),
      pts: ticks(cursor.dts + offset),
      duration: ticks(duration),
      key: isSyncSample(sampleFlags),
      flags: sampleFlags,
      data: bytes.subarray(cursor.dataAt, end),
    });
    cursor.dts += duration;
    cursor.dataAt = end;
  }
  return ok(undefined);
};

type Moof = {
  readonly box: Box;
  readonly sequence: number;
  readonly trex: ReadonlyMap<number, FragmentDefaults>;
  readonly budget: Budget;
};

const readTraf = (bytes: Uint8Array, traf: Box, moof: Moof): Result<Omit<ReadChunk, 'producerReferenceTime'>, WireError> => {
  const children = readBoxes(bytes, traf.bodyStart, traf.end);
  if (!children.ok) return children;
  const tfhdBox = findBox(children.value, 'tfhd');
  if (tfhdBox === undefined) return wireError('mp4_box_missing', 'traf has no tfhd', traf.start);
  const tfhd = readTfhd(bytes, tfhdBox, moof.trex);
  if (!tfhd.ok) return tfhd;
  const { trackId, defaults } = tfhd.value;
  const base = tfhd.value.baseOffset ?? moof.box.start;
  const baseDecodeTime = readTfdt(bytes, findBox(children.value, 'tfdt'));
  const cursor: TrunCursor = { dts: baseDecodeTime, dataAt: base, samples: [], budget: moof.budget };
  for (const child of children.value) {
    if (child.type !== 'trun') continue;
    const trun = readTrun(bytes, child, base, defaults, cursor);
    if (!trun.ok) return trun;
  }
  return ok({ sequence: moof.sequence, trackId, baseDecodeTime: ticks(baseDecodeTime), samples: cursor.samples });
};

const readMoof = (
  bytes: Uint8Array,
  box: Box,
  context: Pick<Moof, 'trex' | 'budget'>,
  prfts: readonly ReadProducerReferenceTime[],
): Result<readonly ReadChunk[], WireError> => {
  const children = readBoxes(bytes, box.bodyStart, box.end);
  if (!children.ok) return children;
  const mfhd = findBox(children.value, 'mfhd');
  if (mfhd === undefined) return wireError('mp4_box_missing', 'moof has no mfhd', box.start);
  const reader = bodyReader(bytes, mfhd);
  reader.skip(4);
  const moof: Moof = { box, sequence: reader.u32(), ...context };
  const chunks: ReadChunk[] = [];
  for (const traf of children.value) {
    if (traf.type !== 'traf') continue;
    const chunk = readTraf(bytes, traf, moof);
    if (!chunk.ok) return chunk;
    const prft = prfts.find((candidate) => candidate.trackId === chunk.value.trackId);
    chunks.push(prft === undefined ? chunk.value : { ...chunk.value, producerReferenceTime: prft });
  }
  return ok(chunks);
};

/**
 * All track fragments in `bytes`, in file order; other boxes (styp, emsg, sidx, a leading init segment) are passed over.
 * `tracks` (of `parseInitSegment`) supplies trex defaults for files that rely on them; Headend's chunks do not.
 */
export const parseChunks = (bytes: Uint8Array, tracks: readonly InitTrack[] = []): Result<readonly ReadChunk[], WireError> => {
  const boxes = readBoxes(bytes);
  if (!boxes.ok) return boxes;
  const context = {
    trex: new Map(tracks.map((track) => [track.trackId, track.defaults])),
    // A trun without per-sample fields declares millions of empty samples in a few bytes; real ones have a byte each at least.
    budget: { samples: Math.min(MAX_SAMPLES_READ, bytes.length) },
  };
  const chunks: ReadChunk[] = [];
  let prfts: ReadProducerReferenceTime[] = [];
  for (const box of boxes.value) {
    if (box.type === 'prft') {
      const prft = readPrft(bytes, box);
      if (!prft.ok) return prft;
      prfts.push(prft.value);
    } else if (box.type === 'moof') {
      const read = readMoof(bytes, box, context, prfts);
      if (!read.ok) return read;
      chunks.push(...read.value);
      prfts = [];
    }
  }
  return ok(chunks);
};
