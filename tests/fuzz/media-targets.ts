// Targets of packages/media: parameter sets and configuration records, frames, FLV bodies and their demuxer, fMP4.

import { BitReader, ByteReader, timescale, wallMs } from '@headend/core';
import {
  type AudioCodec,
  createAudioTrack,
  createVideoTrack,
  FlvDemuxer,
  findAv1SequenceHeader,
  normaliseAccessUnit,
  normaliseTemporalUnit,
  opusPacketSamples,
  parseAc3Frame,
  parseAdtsHeader,
  parseAudioSpecificConfig,
  parseAudioTag,
  parseAv1Config,
  parseAv1SequenceHeader,
  parseAvcConfig,
  parseChunks,
  parseDac3,
  parseDec3,
  parseDfla,
  parseDops,
  parseEac3AccessUnit,
  parseFlacHeader,
  parseH264Sps,
  parseHevcConfig,
  parseHevcSps,
  parseHevcVps,
  parseInitSegment,
  parseMp3Header,
  parseOpusHead,
  parseVideoTag,
  parseVp8FrameHeader,
  parseVp9FrameHeader,
  parseVpConfig,
  splitAnnexB,
  splitLengthPrefixed,
  stripAdts,
  type VideoCodec,
} from '@headend/media';
import { flacFrameSamples } from '../../packages/media/src/codecs/flac.ts';
import { readProfileTierLevel } from '../../packages/media/src/codecs/hevc-ptl.ts';
import * as vectors from '../../packages/media/src/codecs/test-vectors.ts';
import { readAspectRatio, readVideoSignalType } from '../../packages/media/src/codecs/vui.ts';
import { readExTracks, readModEx } from '../../packages/media/src/containers/flv/ex-header.ts';
import { readFlvFile } from '../../packages/media/src/containers/flv/flv-file.ts';
import { readVideoConfig } from '../../packages/media/src/containers/flv/video-config.ts';
import { readBoxes } from '../../packages/media/src/containers/fmp4/box-reader.ts';
import { parseSampleEntry } from '../../packages/media/src/containers/fmp4/sample-entry-reader.ts';
import { flvBodies, flvBytes, initSegments, mediaChunks } from './media-corpus.ts';
import { bytesOf, type Named, type Target } from './target.ts';

const target = (
  name: string,
  covers: readonly Named[],
  corpus: readonly Uint8Array[],
  run: Target['run'],
  words: readonly Uint8Array[] = [],
): Target => ({ name, covers, corpus, words, run });

const parameterSets = (records: readonly Uint8Array[], split: (record: Uint8Array) => readonly Uint8Array[]): readonly Uint8Array[] =>
  records.flatMap((record) => split(record).map((set) => new Uint8Array(set)));

const avcRecords = Object.values(vectors.avcC);
const hevcRecords = Object.values(vectors.hvcC);
const av1Records = Object.values(vectors.av1C);

const avcSets = parameterSets(avcRecords, (record) => {
  const parsed = parseAvcConfig(record);
  return parsed.ok ? parsed.value.sps : [];
});
const hevcNals = (() => {
  const split = splitAnnexB(vectors.hevcStream);
  return split.ok ? split.value.map((nal) => new Uint8Array(nal)) : [];
})();

/** Start codes, NAL headers of parameter sets and SEI, and what emulation prevention puts in. */
const nalWords = [
  Uint8Array.of(0, 0, 1),
  Uint8Array.of(0, 0, 0, 1),
  Uint8Array.of(0, 0, 3),
  Uint8Array.of(0x67),
  Uint8Array.of(0x06, 0x06, 0x01, 0xc4),
  Uint8Array.of(0x40, 0x01),
  Uint8Array.of(0x42, 0x01),
  new Uint8Array(16),
];

const { idr, sps, pps, inter } = vectors.openGop;
const byteStream = Uint8Array.of(0, 0, 0, 1, ...sps, 0, 0, 0, 1, ...pps, 0, 0, 1, ...idr, 0, 0, 1, ...inter);
const prefixed = Uint8Array.of(0, 0, 0, sps.length, ...sps, 0, 0, 0, idr.length, ...idr);

const videoTrack = (codec: VideoCodec) => (config: Uint8Array) =>
  createVideoTrack({ id: 1, codec, config, timescale: timescale(1000), sizeHint: { width: 16, height: 16 } });

const audioTrack = (codec: AudioCodec) => (bytes: Uint8Array) => [
  createAudioTrack({ id: 1, codec, config: bytes }),
  createAudioTrack({ id: 1, codec, config: new Uint8Array(0), frame: bytes }),
];

export const videoTargets: readonly Target[] = [
  target('avcC', [parseAvcConfig], avcRecords, (input) => [parseAvcConfig(input), videoTrack('h264')(input)], nalWords),
  target('H.264 SPS', [parseH264Sps], avcSets, parseH264Sps, nalWords),
  target('hvcC', [parseHevcConfig], hevcRecords, (input) => [parseHevcConfig(input), videoTrack('hevc')(input)], nalWords),
  target('HEVC SPS', [parseHevcSps], [vectors.hevcHdr.sps, ...hevcNals], parseHevcSps, nalWords),
  target('HEVC VPS', [parseHevcVps], [vectors.hevcHdr.vps, ...hevcNals], parseHevcVps, nalWords),
  target('HEVC profile, tier, level; VUI pieces', [readProfileTierLevel, readAspectRatio, readVideoSignalType], hevcNals, (input) => {
    const reader = new BitReader(input);
    return [readProfileTierLevel(reader, 6), readAspectRatio(reader), readVideoSignalType(reader)];
  }),
  target(
    'access units',
    [],
    [byteStream, prefixed, vectors.hevcStream],
    (input) => [
      ...([1, 2, 4] as const).map((size) => splitLengthPrefixed(input, size)),
      normaliseAccessUnit('h264', input, 4),
      normaliseAccessUnit('hevc', input, 4),
    ],
    nalWords,
  ),
  target('av1C', [parseAv1Config], av1Records, (input) => [parseAv1Config(input), videoTrack('av1')(input)]),
  target(
    'AV1 sequence header',
    [parseAv1SequenceHeader],
    av1Records.map((record) => record.subarray(6)),
    parseAv1SequenceHeader,
  ),
  target('AV1 OBUs', [], [...Object.values(vectors.av1Units), ...av1Records.map((record) => record.subarray(4))], (input) => [
    normaliseTemporalUnit(input),
    findAv1SequenceHeader(input),
  ]),
  target('VP8 and VP9', [parseVpConfig, parseVp8FrameHeader, parseVp9FrameHeader], Object.values(vectors.vpFrames), (input) => [
    parseVpConfig(input),
    parseVp9FrameHeader(input),
    parseVp8FrameHeader(input),
    videoTrack('vp9')(input),
  ]),
];

export const audioTargets: readonly Target[] = [
  target('AudioSpecificConfig', [parseAudioSpecificConfig], Object.values(vectors.audioSpecificConfig), (input) => [
    parseAudioSpecificConfig(input),
    audioTrack('aac')(input),
  ]),
  target('ADTS', [parseAdtsHeader], [vectors.adtsHeader, Uint8Array.of(...vectors.adtsHeader, ...new Uint8Array(303))], (input) => [
    parseAdtsHeader(input),
    stripAdts(input),
  ]),
  target('Opus', [parseOpusHead, parseDops], Object.values(vectors.opus), (input) => [
    parseOpusHead(input),
    parseDops(input),
    opusPacketSamples(input),
    audioTrack('opus')(input),
  ]),
  target('FLAC', [parseFlacHeader, parseDfla], Object.values(vectors.flac), (input) => [
    parseFlacHeader(input),
    parseDfla(input),
    flacFrameSamples(input),
    audioTrack('flac')(input),
  ]),
  target(
    'AC-3 and E-AC-3',
    [parseAc3Frame, parseEac3AccessUnit, parseDac3, parseDec3],
    Object.values(vectors.dolby).filter((value) => value instanceof Uint8Array),
    (input) => [parseAc3Frame(input), parseEac3AccessUnit(input), parseDac3(input), parseDec3(input), audioTrack('eac3')(input)],
    [Uint8Array.of(0x0b, 0x77)],
  ),
  target('MP3', [parseMp3Header], [Uint8Array.of(0xff, 0xfb, 0x90, 0x64), Uint8Array.of(0xff, 0xf3, 0x40, 0xc4)], (input) => [
    parseMp3Header(input),
    audioTrack('mp3')(input),
  ]),
];

const MULTITRACK_VIDEO = 6;
const MOD_EX = 7;

/** Ex headers with ModEx and multitrack, and FourCCs. */
const flvWords = [
  Uint8Array.of(0x97, 2, 0, 0, 1, 0x01),
  Uint8Array.of(0x96, 0x11),
  ...['avc1', 'hvc1', 'av01', 'vp09', 'mp4a', 'Opus', 'fLaC', 'ac-3', 'ec-3', '.mp3'].map(bytesOf),
];

/** Several messages in one input: a byte that says what it is, two of length, then the body. */
const readMessages = (input: Uint8Array): unknown => {
  const reader = new ByteReader(input);
  const demuxer = new FlvDemuxer();
  const events: unknown[] = [];
  while (reader.remaining > 0) {
    const head = reader.u8();
    const body = reader.bytes(Math.min(reader.u16(), reader.remaining));
    const type = (head & 1) === 0 ? 'video' : 'audio';
    events.push(...demuxer.push({ type, timestampMs: (head >> 1) * 40, body, wallclock: wallMs(0) }));
  }
  return events;
};

const framed = (head: number, bodies: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(Buffer.concat(bodies.map((body) => Uint8Array.of(head, body.length >> 8, body.length & 0xff, ...body))));

const CONFIGURATIONS = 16;
const videoBodies = flvBodies('video').slice(0, CONFIGURATIONS);
const audioBodies = flvBodies('audio').slice(0, CONFIGURATIONS);

const videoCodecs: readonly VideoCodec[] = ['h264', 'hevc', 'av1', 'vp9', 'vp8'];

export const flvTargets: readonly Target[] = [
  target('FLV video body', [parseVideoTag], videoBodies, parseVideoTag, flvWords),
  target('FLV audio body', [parseAudioTag], audioBodies, parseAudioTag, flvWords),
  target(
    'FLV Ex header',
    [readModEx, readExTracks],
    [...videoBodies, ...audioBodies].map((body) => body.subarray(1)),
    (input) => [
      readModEx(new ByteReader(input), MOD_EX, MOD_EX),
      readExTracks(new ByteReader(input), MULTITRACK_VIDEO, MULTITRACK_VIDEO),
      readExTracks(new ByteReader(input), 0, MULTITRACK_VIDEO),
    ],
  ),
  target('FLV sequence header', [readVideoConfig], [...avcRecords, ...hevcRecords, ...av1Records], (input) =>
    videoCodecs.map((codec) => readVideoConfig(codec, input)),
  ),
  target('FLV demuxer', [FlvDemuxer], [framed(0, videoBodies.slice(0, 4)), framed(1, audioBodies)], readMessages, flvWords),
  target('FLV file', [readFlvFile], [flvBytes.subarray(0, 8192)], readFlvFile),
];

const boxWords = ['moov', 'trak', 'mdia', 'stbl', 'stsd', 'trex', 'moof', 'traf', 'tfhd', 'tfdt', 'trun', 'mdat', 'prft', 'esds'].map(
  bytesOf,
);
const bothInit = new Uint8Array(Buffer.concat([...initSegments.slice(0, 2)]));

export const fmp4Targets: readonly Target[] = [
  target(
    'fMP4 initialisation segment',
    [parseInitSegment, readBoxes, parseSampleEntry],
    [...initSegments, bothInit],
    (input) => {
      const boxes = readBoxes(input);
      const entries = boxes.ok
        ? boxes.value.flatMap((box) => [parseSampleEntry(input, box, 'video'), parseSampleEntry(input, box, 'audio')])
        : [];
      return [parseInitSegment(input), entries];
    },
    boxWords,
  ),
  target(
    'fMP4 chunks',
    [parseChunks],
    mediaChunks,
    (input) => {
      const init = parseInitSegment(input);
      return parseChunks(input, init.ok ? init.value.tracks : []);
    },
    boxWords,
  ),
];
