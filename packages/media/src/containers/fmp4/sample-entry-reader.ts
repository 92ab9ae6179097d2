// Reads one stsd sample entry: picture size or audio layout, codec configuration, colr, pasp, btrt, and the esds descriptors
// (ISO/IEC 14496-12 clause 12, 14496-1 clause 8.3.3). The counterpart of sample-entry.ts, lenient about what others write.
// Leaves out QuickTime version 1 and 2 audio entries and protected entries (encv, enca).

import { type ByteReader, ok, type Result, type WireError, wireError } from '@headend/core';
import type { Codec, ColourDescription } from '../../track.ts';
import { type Box, bodyReader, findBox, readBoxes } from './box-reader.ts';
import { audioEntries, OBJECT_TYPE_AAC, OBJECT_TYPE_MP3, OBJECT_TYPE_MP3_LOW_RATE, videoEntries } from './sample-entry.ts';

/** What hdlr says a track holds. */
export type MediaKind = 'video' | 'audio' | 'other';

export type SampleEntry = {
  /** Four-cc of the sample entry. */
  readonly entry: string;
  /** Absent when Headend has no name for the codec. */
  readonly codec?: Codec;
  /** As `Track.config`: the configuration box's payload, for mp4a the AudioSpecificConfig. */
  readonly config: Uint8Array;
  readonly width?: number;
  readonly height?: number;
  readonly pixelAspect?: { readonly h: number; readonly v: number };
  readonly colour?: ColourDescription;
  readonly channels?: number;
  readonly sampleRate?: number;
  /** btrt or esds, in bits per second. */
  readonly bitrate?: { readonly max: number; readonly average: number };
};

/** Bytes of the fixed part behind the box header. */
const VISUAL_FIXED = 78;
const AUDIO_FIXED = 28;

const EMPTY = new Uint8Array(0);

type CodecEntry = { readonly codec: Codec; readonly config: string };

const knownEntries: ReadonlyMap<string, CodecEntry> = new Map<string, CodecEntry>([
  ...Object.entries(videoEntries).map(([codec, { entry, config }]) => [entry, { codec: codec as Codec, config }] as const), // keys are codecs
  ...Object.entries(audioEntries)
    .filter(([codec]) => codec !== 'mp3') // mp4a is told apart by its objectTypeIndication
    .map(([codec, { entry, config }]) => [entry, { codec: codec as Codec, config }] as const),
  ['.mp3', { codec: 'mp3', config: '' }], // QuickTime's name, without esds
]);

type Esds = { readonly objectType: number; readonly info: Uint8Array; readonly max: number; readonly average: number };

/** Tag and size (up to four 7-bit groups) of the next descriptor; the reader stands at its body. */
const descriptor = (reader: ByteReader): { readonly tag: number; readonly body: ByteReader } => {
  const tag = reader.u8();
  let size = 0;
  for (let i = 0; i < 4; i++) {
    const byte = reader.u8();
    size = size * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) break;
  }
  return { tag, body: reader.sub(size) };
};

const parseEsds = (bytes: Uint8Array, box: Box): Result<Esds, WireError> => {
  const reader = bodyReader(bytes, box);
  reader.skip(4);
  const es = descriptor(reader);
  es.body.skip(2);
  const flags = es.body.u8();
  if (flags & 0x80) es.body.skip(2); // dependsOn_ES_ID
  if (flags & 0x40) es.body.skip(es.body.u8()); // URL
  if (flags & 0x20) es.body.skip(2); // OCR_ES_ID
  const decoder = descriptor(es.body);
  const objectType = decoder.body.u8();
  decoder.body.skip(4); // streamType, bufferSizeDB
  const max = decoder.body.u32();
  const average = decoder.body.u32();
  if (es.tag !== 3 || decoder.tag !== 4 || decoder.body.overrun) return wireError('mp4_esds', 'esds has no decoder config', box.start);
  if (decoder.body.remaining === 0) return ok({ objectType, info: EMPTY, max, average });
  const info = descriptor(decoder.body);
  if (info.tag !== 5 || decoder.body.overrun) return wireError('mp4_esds', 'esds decoder info is cut', box.start);
  return ok({ objectType, info: info.body.rest(), max, average });
};

const mp4aCodec = (objectType: number): Codec | undefined => {
  if (objectType === OBJECT_TYPE_AAC) return 'aac';
  return objectType === OBJECT_TYPE_MP3 || objectType === OBJECT_TYPE_MP3_LOW_RATE ? 'mp3' : undefined;
};

const bitrateOf = (max: number, average: number): Pick<SampleEntry, 'bitrate'> =>
  max === 0 && average === 0 ? {} : { bitrate: { max, average } };

const readBtrt = (bytes: Uint8Array, box: Box | undefined): Pick<SampleEntry, 'bitrate'> => {
  if (box === undefined) return {};
  const reader = bodyReader(bytes, box);
  reader.skip(4);
  return bitrateOf(reader.u32(), reader.u32());
};

const readColour = (bytes: Uint8Array, box: Box | undefined): Pick<SampleEntry, 'colour'> => {
  if (box === undefined) return {};
  const reader = bodyReader(bytes, box);
  const type = String.fromCharCode(...reader.bytes(4));
  const colour = { primaries: reader.u16(), transfer: reader.u16(), matrix: reader.u16(), fullRange: (reader.u8() & 0x80) !== 0 };
  return type === 'nclx' && !reader.overrun ? { colour } : {};
};

const readPixelAspect = (bytes: Uint8Array, box: Box | undefined): Pick<SampleEntry, 'pixelAspect'> => {
  if (box === undefined) return {};
  const reader = bodyReader(bytes, box);
  const pixelAspect = { h: reader.u32(), v: reader.u32() };
  return reader.overrun ? {} : { pixelAspect };
};

/** The codec and its configuration, from the children of the entry. */
const readCodec = (
  bytes: Uint8Array,
  entry: string,
  children: readonly Box[],
): Result<Pick<SampleEntry, 'codec' | 'config' | 'bitrate'>, WireError> => {
  const bitrate = readBtrt(bytes, findBox(children, 'btrt'));
  const known = knownEntries.get(entry);
  if (known === undefined) return ok({ config: EMPTY, ...bitrate });
  if (known.config === '') return ok({ codec: known.codec, config: EMPTY, ...bitrate });
  const configBox = findBox(children, known.config);
  if (configBox === undefined) return wireError('mp4_box_missing', `${entry} has no ${known.config}`);
  if (known.config !== 'esds') return ok({ codec: known.codec, config: bytes.subarray(configBox.bodyStart, configBox.end), ...bitrate });
  const esds = parseEsds(bytes, configBox);
  if (!esds.ok) return esds;
  const { objectType, info, max, average } = esds.value;
  const codec = mp4aCodec(objectType);
  return ok({ ...(codec === undefined ? {} : { codec }), config: info, ...bitrateOf(max, average), ...bitrate });
};

const parseVisual = (bytes: Uint8Array, box: Box): Result<SampleEntry, WireError> => {
  const reader = bodyReader(bytes, box);
  reader.skip(24);
  const size = { width: reader.u16(), height: reader.u16() };
  const children = readBoxes(bytes, box.bodyStart + VISUAL_FIXED, box.end);
  if (!children.ok) return children;
  const codec = readCodec(bytes, box.type, children.value);
  if (!codec.ok) return codec;
  return ok({
    entry: box.type,
    ...codec.value,
    ...size,
    ...readPixelAspect(bytes, findBox(children.value, 'pasp')),
    ...readColour(bytes, findBox(children.value, 'colr')),
  });
};

const parseAudio = (bytes: Uint8Array, box: Box): Result<SampleEntry, WireError> => {
  const reader = bodyReader(bytes, box);
  reader.skip(16);
  const channels = reader.u16();
  reader.skip(6);
  const sampleRate = reader.u16();
  const children = readBoxes(bytes, box.bodyStart + AUDIO_FIXED, box.end);
  if (!children.ok) return children;
  const codec = readCodec(bytes, box.type, children.value);
  if (!codec.ok) return codec;
  return ok({ entry: box.type, ...codec.value, channels, sampleRate });
};

export const parseSampleEntry = (bytes: Uint8Array, box: Box, kind: MediaKind): Result<SampleEntry, WireError> => {
  const fixed = kind === 'video' ? VISUAL_FIXED : AUDIO_FIXED;
  if (kind === 'other') return ok({ entry: box.type, config: EMPTY });
  if (box.end - box.bodyStart < fixed) return wireError('mp4_sample_entry', `${box.type} is shorter than its fixed part`, box.start);
  return kind === 'video' ? parseVisual(bytes, box) : parseAudio(bytes, box);
};
