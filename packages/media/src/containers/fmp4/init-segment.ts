// The CMAF header (init segment): ftyp moov{mvhd trak mvex}, one track, all durations zero (ISO/IEC 14496-12, 23000-19 clause 7.3).
// Leaves out edit lists (composition offsets are signed: brand cmf2), mehd, sidx and metadata boxes.

import { ByteWriter, invariant } from '@headend/core';
import type { Track } from '../../track.ts';
import { box, fullBox } from './box-writer.ts';
import { type Bitrate, writeSampleEntry } from './sample-entry.ts';
import { fmp4TrackId } from './track-id.ts';

/** Only durations are counted in it, and those are zero in a live header. */
const MOVIE_TIMESCALE = 1000;
/** ISO 639-2 `und`, five bits a letter. */
const LANGUAGE_UNDETERMINED = 0x55c4;
const UNITY_MATRIX = [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000] as const;
const NEXT_TRACK_ID_UNKNOWN = 0xffff_ffff;
const TRACK_ENABLED_IN_MOVIE = 3;

const writeMatrix = (writer: ByteWriter): void => {
  for (const value of UNITY_MATRIX) writer.u32(value);
};

/** iso6: movie fragments with default-base-is-moof; cmfc: CMAF; cmf2: signed composition offsets instead of an edit list. */
const brands = (track: Track): readonly string[] => {
  const common = ['iso6', 'cmfc', 'cmf2', 'mp41', 'dash'];
  return track.kind === 'video' && track.codec === 'av1' ? [...common, 'av01'] : common;
};

const writeFtyp = (writer: ByteWriter, track: Track): void =>
  box(writer, 'ftyp', (w) => {
    w.ascii('iso6').u32(0);
    for (const brand of brands(track)) w.ascii(brand);
  });

const writeMvhd = (writer: ByteWriter): void =>
  fullBox(writer, 'mvhd', 0, 0, (w) => {
    w.u32(0).u32(0).u32(MOVIE_TIMESCALE).u32(0); // creation, modification, timescale, duration
    w.u32(0x0001_0000).u16(0x0100).zeros(10); // rate 1, volume 1, reserved
    writeMatrix(w);
    w.zeros(24).u32(NEXT_TRACK_ID_UNKNOWN);
  });

/** Display size as 16.16: the pixel width is stretched by the sample aspect ratio. */
const displaySize = (track: Track): { readonly width: number; readonly height: number } => {
  if (track.kind === 'audio') return { width: 0, height: 0 };
  const aspect = track.pixelAspect;
  const ratio = aspect === undefined || aspect.h <= 0 || aspect.v <= 0 ? 1 : aspect.h / aspect.v;
  return { width: Math.min(Math.round(track.width * ratio * 0x1_0000), 0xffff_ffff), height: track.height * 0x1_0000 };
};

const writeTkhd = (writer: ByteWriter, track: Track): void =>
  fullBox(writer, 'tkhd', 0, TRACK_ENABLED_IN_MOVIE, (w) => {
    const audio = track.kind === 'audio';
    const { width, height } = displaySize(track);
    w.u32(0).u32(0).u32(fmp4TrackId(track)).u32(0).u32(0); // creation, modification, track_ID, reserved, duration
    w.zeros(8).i16(0); // reserved, layer
    w.i16(audio ? 1 : 0)
      .u16(audio ? 0x0100 : 0)
      .u16(0); // alternate_group, volume, reserved
    writeMatrix(w);
    w.u32(width).u32(height);
  });

const writeMdhd = (writer: ByteWriter, track: Track): void =>
  fullBox(writer, 'mdhd', 0, 0, (w) => w.u32(0).u32(0).u32(track.timescale).u32(0).u16(LANGUAGE_UNDETERMINED).u16(0));

const writeHdlr = (writer: ByteWriter, track: Track): void =>
  fullBox(writer, 'hdlr', 0, 0, (w) => {
    w.u32(0)
      .ascii(track.kind === 'video' ? 'vide' : 'soun')
      .zeros(12);
    w.ascii(track.kind === 'video' ? 'VideoHandler' : 'SoundHandler').u8(0);
  });

const writeStbl = (writer: ByteWriter, track: Track, bitrate: Bitrate | undefined): void =>
  box(writer, 'stbl', (stbl) => {
    fullBox(stbl, 'stsd', 0, 0, (w) => writeSampleEntry(w.u32(1), track, bitrate));
    fullBox(stbl, 'stts', 0, 0, (w) => w.u32(0));
    fullBox(stbl, 'stsc', 0, 0, (w) => w.u32(0));
    fullBox(stbl, 'stsz', 0, 0, (w) => w.u32(0).u32(0));
    fullBox(stbl, 'stco', 0, 0, (w) => w.u32(0));
  });

const writeMinf = (writer: ByteWriter, track: Track, bitrate: Bitrate | undefined): void =>
  box(writer, 'minf', (minf) => {
    if (track.kind === 'video') fullBox(minf, 'vmhd', 0, 1, (w) => w.zeros(8));
    else fullBox(minf, 'smhd', 0, 0, (w) => w.zeros(4));
    box(minf, 'dinf', (dinf) =>
      fullBox(dinf, 'dref', 0, 0, (dref) => {
        dref.u32(1);
        fullBox(dref, 'url ', 0, 1, () => undefined); // flag 1: the media is in this file
      }),
    );
    writeStbl(minf, track, bitrate);
  });

const writeTrak = (writer: ByteWriter, track: Track, bitrate: Bitrate | undefined): void =>
  box(writer, 'trak', (trak) => {
    writeTkhd(trak, track);
    box(trak, 'mdia', (mdia) => {
      writeMdhd(mdia, track);
      writeHdlr(mdia, track);
      writeMinf(mdia, track, bitrate);
    });
  });

/** Chunks are self-contained; players still insist on a trex for each track. */
const writeMvex = (writer: ByteWriter, track: Track): void =>
  box(writer, 'mvex', (mvex) => fullBox(mvex, 'trex', 0, 0, (w) => w.u32(fmp4TrackId(track)).u32(1).u32(0).u32(0).u32(0)));

/** The init segment of one track. `bitrate` (bits per second) adds a btrt box, or fills the esds of AAC and MP3. */
export const writeInitSegment = (track: Track, bitrate?: Bitrate): Uint8Array => {
  invariant(Number.isInteger(track.timescale) && track.timescale > 0 && track.timescale < 2 ** 32, 'track timescale is a positive u32');
  const writer = new ByteWriter(1024);
  writeFtyp(writer, track);
  box(writer, 'moov', (moov) => {
    writeMvhd(moov);
    writeTrak(moov, track, bitrate);
    writeMvex(moov, track);
  });
  return new Uint8Array(writer.finish());
};
