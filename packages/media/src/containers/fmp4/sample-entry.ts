// stsd sample entries: ISO/IEC 14496-12 clause 12 (VisualSampleEntry 86 bytes, AudioSampleEntry 36 bytes before children) and the
// codec boxes of 14496-15 (avcC, hvcC), the AV1, VP, Opus and FLAC bindings, ETSI TS 102 366 annex F (dac3, dec3), 14496-14 (esds).
// Leaves out in-band parameter set entries (avc3, hev1) and encryption: configurations are out of band, as CMAF wants them.

import type { ByteWriter } from '@headend/core';
import type { AudioCodec, AudioTrack, Track, VideoCodec, VideoTrack } from '../../track.ts';
import { box, fullBox, rawBox } from './box-writer.ts';

/** Sample entry four-cc and configuration box of each codec; AAC and MP3 share `mp4a`, whose esds is written here. */
export const videoEntries = {
  h264: { entry: 'avc1', config: 'avcC' },
  hevc: { entry: 'hvc1', config: 'hvcC' },
  av1: { entry: 'av01', config: 'av1C' },
  vp9: { entry: 'vp09', config: 'vpcC' },
  vp8: { entry: 'vp08', config: 'vpcC' },
} as const satisfies Record<VideoCodec, { readonly entry: string; readonly config: string }>;

export const audioEntries = {
  aac: { entry: 'mp4a', config: 'esds' },
  mp3: { entry: 'mp4a', config: 'esds' },
  opus: { entry: 'Opus', config: 'dOps' },
  flac: { entry: 'fLaC', config: 'dfLa' },
  ac3: { entry: 'ac-3', config: 'dac3' },
  eac3: { entry: 'ec-3', config: 'dec3' },
} as const satisfies Record<AudioCodec, { readonly entry: string; readonly config: string }>;

/** objectTypeIndication (ISO/IEC 14496-1 table 5): MPEG-4 audio; MPEG-1 audio and its low-sample-rate MPEG-2 extension, for MP3. */
export const OBJECT_TYPE_AAC = 0x40;
export const OBJECT_TYPE_MP3 = 0x6b;
export const OBJECT_TYPE_MP3_LOW_RATE = 0x69;

/** MP3 below 32 kHz is MPEG-2 audio layer III (ISO/IEC 13818-3). */
const MPEG1_AUDIO_LOWEST_RATE = 32_000;
/** 72 dpi as 16.16, the value every file carries. */
const RESOLUTION_72_DPI = 0x0048_0000;
const DEPTH_COLOUR_NO_ALPHA = 24;
/** samplerate is 16.16: rates from 65536 Hz do not fit and are written as 0, as FFmpeg does; the codec configuration tells. */
const MAX_SAMPLE_RATE_FIELD = 0xffff;

export type Bitrate = { readonly max: number; readonly average: number };

const writeColour = (writer: ByteWriter, track: VideoTrack): void => {
  const colour = track.colour;
  if (colour === undefined) return;
  box(writer, 'colr', (w) => {
    w.ascii('nclx').u16(colour.primaries).u16(colour.transfer).u16(colour.matrix);
    w.u8(colour.fullRange ? 0x80 : 0);
  });
};

const writePixelAspect = (writer: ByteWriter, track: VideoTrack): void => {
  const aspect = track.pixelAspect;
  if (aspect === undefined) return;
  box(writer, 'pasp', (w) => w.u32(aspect.h).u32(aspect.v));
};

const writeBitrate = (writer: ByteWriter, bitrate: Bitrate | undefined): void => {
  if (bitrate === undefined) return;
  // bufferSizeDB 0: the decoding buffer is not stated.
  box(writer, 'btrt', (w) => w.u32(0).u32(bitrate.max).u32(bitrate.average));
};

const writeVisual = (writer: ByteWriter, track: VideoTrack, bitrate: Bitrate | undefined): void => {
  const { entry, config } = videoEntries[track.codec];
  box(writer, entry, (w) => {
    w.zeros(6).u16(1); // reserved, data_reference_index
    w.zeros(16); // pre_defined, reserved
    w.u16(track.width).u16(track.height);
    w.u32(RESOLUTION_72_DPI).u32(RESOLUTION_72_DPI);
    w.u32(0).u16(1); // reserved, frame_count
    w.zeros(32); // compressorname
    w.u16(DEPTH_COLOUR_NO_ALPHA).i16(-1); // depth, pre_defined
    rawBox(w, config, track.config);
    writeColour(w, track);
    writePixelAspect(w, track);
    writeBitrate(w, bitrate);
  });
};

/** MPEG-4 descriptor (ISO/IEC 14496-1 clause 8.3.3): tag, size in 7-bit groups (one byte below 128), body. */
const writeDescriptor = (writer: ByteWriter, tag: number, size: number, body: (writer: ByteWriter) => void): void => {
  writer.u8(tag);
  if (size >= 0x80) writer.u8(0x80 | (size >> 7));
  writer.u8(size & 0x7f);
  body(writer);
};

const descriptorLength = (size: number): number => (size >= 0x80 ? 3 : 2) + size;

const objectType = (track: AudioTrack): number => {
  if (track.codec === 'aac') return OBJECT_TYPE_AAC;
  return track.sampleRate < MPEG1_AUDIO_LOWEST_RATE ? OBJECT_TYPE_MP3_LOW_RATE : OBJECT_TYPE_MP3;
};

const writeEsds = (writer: ByteWriter, track: AudioTrack, bitrate: Bitrate | undefined): void => {
  const specificSize = track.config.length === 0 ? 0 : descriptorLength(track.config.length);
  const decoderSize = 13 + specificSize;
  const slConfigSize = 3;
  fullBox(writer, 'esds', 0, 0, (w) =>
    writeDescriptor(w, 0x03, 3 + descriptorLength(decoderSize) + slConfigSize, (es) => {
      es.u16(1).u8(0); // ES_ID, no dependencies
      writeDescriptor(es, 0x04, decoderSize, (decoder) => {
        decoder.u8(objectType(track)).u8(0x15); // streamType audio (5) << 2 | reserved 1
        decoder
          .u24(0)
          .u32(bitrate?.max ?? 0)
          .u32(bitrate?.average ?? 0); // bufferSizeDB, maxBitrate, avgBitrate
        if (specificSize > 0) writeDescriptor(decoder, 0x05, track.config.length, (info) => info.bytes(track.config));
      });
      es.u8(0x06).u8(1).u8(2); // SLConfigDescriptor: predefined 2, for MP4 files
    }),
  );
};

/** FLAC's samplesize field is the stream's (FLAC in ISOBMFF 3.3.1): 5 bits across bytes 12–13 of STREAMINFO, behind 4 + 4 bytes. */
const sampleSize = (track: AudioTrack): number => {
  if (track.codec !== 'flac') return 16;
  const high = track.config[8 + 12];
  const low = track.config[8 + 13];
  return high === undefined || low === undefined ? 16 : (((high & 1) << 4) | (low >> 4)) + 1;
};

const writeAudio = (writer: ByteWriter, track: AudioTrack, bitrate: Bitrate | undefined): void => {
  const { entry, config } = audioEntries[track.codec];
  box(writer, entry, (w) => {
    w.zeros(6).u16(1); // reserved, data_reference_index
    w.zeros(8); // reserved
    w.u16(track.channels).u16(sampleSize(track));
    w.u32(0); // pre_defined, reserved
    w.u16(track.sampleRate > MAX_SAMPLE_RATE_FIELD ? 0 : track.sampleRate).u16(0);
    if (config === 'esds') writeEsds(w, track, bitrate);
    else rawBox(w, config, track.config);
    if (config !== 'esds') writeBitrate(w, bitrate); // the esds already tells
  });
};

export const writeSampleEntry = (writer: ByteWriter, track: Track, bitrate: Bitrate | undefined): void => {
  if (track.kind === 'video') writeVisual(writer, track, bitrate);
  else writeAudio(writer, track, bitrate);
};
