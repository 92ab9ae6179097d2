// Reads an init segment back: ftyp and the tracks of moov with their sample entries (ISO/IEC 14496-12 clauses 8 and 12).
// For tests, probes and tools, so it also reads files of other writers (several tracks, version 1 boxes).
// Leaves out sample tables of progressive files, edit lists and all but the first sample entry of a track.

import { type ByteReader, ok, type Result, type WireError, wireError } from '@headend/core';
import { type Box, bodyReader, descend, findBox, readBoxes } from './box-reader.ts';
import { type MediaKind, parseSampleEntry, type SampleEntry } from './sample-entry-reader.ts';

export const MAX_INIT_TRACKS = 64;

/** Defaults of a track's fragments (trex). */
export type FragmentDefaults = { readonly duration: number; readonly size: number; readonly flags: number };

export type InitTrack = SampleEntry & {
  readonly trackId: number;
  readonly kind: MediaKind;
  readonly timescale: number;
  readonly defaults: FragmentDefaults;
};

export type InitSegment = {
  readonly majorBrand: string;
  readonly brands: readonly string[];
  readonly tracks: readonly InitTrack[];
};

const fourcc = (reader: ByteReader): string => String.fromCharCode(...reader.bytes(4));

const readFtyp = (bytes: Uint8Array, box: Box | undefined): { readonly majorBrand: string; readonly brands: readonly string[] } => {
  if (box === undefined) return { majorBrand: '', brands: [] };
  const reader = bodyReader(bytes, box);
  const majorBrand = fourcc(reader);
  reader.skip(4);
  const brands: string[] = [];
  while (reader.remaining >= 4) brands.push(fourcc(reader));
  return { majorBrand, brands };
};

/** track_ID behind the two times of tkhd, which are 4 or 8 bytes each. */
const readTkhdTrackId = (bytes: Uint8Array, box: Box): number => {
  const reader = bodyReader(bytes, box);
  const version = reader.u8();
  reader.skip(3 + (version === 1 ? 16 : 8));
  return reader.u32();
};

const readMdhdTimescale = (bytes: Uint8Array, box: Box): number => {
  const reader = bodyReader(bytes, box);
  const version = reader.u8();
  reader.skip(3 + (version === 1 ? 16 : 8));
  return reader.u32();
};

const readKind = (bytes: Uint8Array, box: Box): MediaKind => {
  const reader = bodyReader(bytes, box);
  reader.skip(8);
  const handler = fourcc(reader);
  if (handler === 'vide') return 'video';
  return handler === 'soun' ? 'audio' : 'other';
};

const NO_DEFAULTS: FragmentDefaults = { duration: 0, size: 0, flags: 0 };

const readTrexes = (bytes: Uint8Array, moov: Box): ReadonlyMap<number, FragmentDefaults> => {
  const defaults = new Map<number, FragmentDefaults>();
  const mvex = descend(bytes, moov, 'mvex');
  const boxes = mvex.ok ? readBoxes(bytes, mvex.value.bodyStart, mvex.value.end) : ok([]);
  if (!boxes.ok) return defaults;
  for (const box of boxes.value) {
    if (box.type !== 'trex') continue;
    const reader = bodyReader(bytes, box);
    reader.skip(4);
    const trackId = reader.u32();
    reader.skip(4);
    const value = { duration: reader.u32(), size: reader.u32(), flags: reader.u32() };
    if (!reader.overrun) defaults.set(trackId, value);
  }
  return defaults;
};

const readTrak = (bytes: Uint8Array, trak: Box, trexes: ReadonlyMap<number, FragmentDefaults>): Result<InitTrack, WireError> => {
  const tkhd = descend(bytes, trak, 'tkhd');
  if (!tkhd.ok) return tkhd;
  const mdia = descend(bytes, trak, 'mdia');
  if (!mdia.ok) return mdia;
  const mdhd = descend(bytes, mdia.value, 'mdhd');
  if (!mdhd.ok) return mdhd;
  const hdlr = descend(bytes, mdia.value, 'hdlr');
  if (!hdlr.ok) return hdlr;
  const stsd = descend(bytes, mdia.value, 'minf', 'stbl', 'stsd');
  if (!stsd.ok) return stsd;
  const entries = readBoxes(bytes, stsd.value.bodyStart + 8, stsd.value.end);
  if (!entries.ok) return entries;
  const entry = entries.value[0];
  if (entry === undefined) return wireError('mp4_box_missing', 'stsd has no sample entry', stsd.value.start);
  const kind = readKind(bytes, hdlr.value);
  const sampleEntry = parseSampleEntry(bytes, entry, kind);
  if (!sampleEntry.ok) return sampleEntry;
  const trackId = readTkhdTrackId(bytes, tkhd.value);
  const timescale = readMdhdTimescale(bytes, mdhd.value);
  if (timescale === 0) return wireError('mp4_timescale', 'mdhd timescale is zero', mdhd.value.start);
  return ok({ ...sampleEntry.value, trackId, kind, timescale, defaults: trexes.get(trackId) ?? NO_DEFAULTS });
};

export const parseInitSegment = (bytes: Uint8Array): Result<InitSegment, WireError> => {
  const top = readBoxes(bytes);
  if (!top.ok) return top;
  const moov = findBox(top.value, 'moov');
  if (moov === undefined) return wireError('mp4_box_missing', 'no moov box');
  const children = readBoxes(bytes, moov.bodyStart, moov.end);
  if (!children.ok) return children;
  const trexes = readTrexes(bytes, moov);
  const tracks: InitTrack[] = [];
  for (const trak of children.value) {
    if (trak.type !== 'trak') continue;
    if (tracks.length === MAX_INIT_TRACKS) return wireError('mp4_too_many_tracks', `more than ${MAX_INIT_TRACKS} tracks`, trak.start);
    const track = readTrak(bytes, trak, trexes);
    if (!track.ok) return track;
    tracks.push(track.value);
  }
  return ok({ ...readFtyp(bytes, findBox(top.value, 'ftyp')), tracks });
};
