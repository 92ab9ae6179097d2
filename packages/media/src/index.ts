// The public face of @headend/media.

export {
  type AacConfig,
  type AacLcSetup,
  type AdtsHeader,
  aacCodecString,
  parseAdtsHeader,
  parseAudioSpecificConfig,
  stripAdts,
  writeAudioSpecificConfig,
} from './codecs/aac.ts';
export { type Ac3Config, parseAc3Frame, parseDac3, parseDec3, parseEac3AccessUnit } from './codecs/ac3.ts';
export { type AccessUnit, type NalCodec, normaliseAccessUnit, type ParameterSets } from './codecs/access-unit.ts';
export {
  type Av1Config,
  av1CodecString,
  av1ConfigFromSequenceHeader,
  findAv1SequenceHeader,
  normaliseTemporalUnit,
  parseAv1Config,
  type TemporalUnit,
  writeAv1Config,
} from './codecs/av1.ts';
export { type Av1SequenceHeader, parseAv1SequenceHeader } from './codecs/av1-sequence.ts';
export { type FlacConfig, flacFrameSamples, parseDfla, parseFlacHeader, writeDfla, writeFlacHeader } from './codecs/flac.ts';
export { type AvcConfig, avcConfigFromParameterSets, h264CodecString, parseAvcConfig, writeAvcConfig } from './codecs/h264.ts';
export { type H264Sps, parseH264Sps } from './codecs/h264-sps.ts';
export {
  type HevcConfig,
  type HevcParameterSets,
  hevcCodecString,
  hevcConfigFromParameterSets,
  parseHevcConfig,
  writeHevcConfig,
} from './codecs/hevc.ts';
export { type HevcSps, parseHevcSps } from './codecs/hevc-sps.ts';
export { type HevcVps, parseHevcVps } from './codecs/hevc-vps.ts';
export { type Mp3Header, parseMp3Header } from './codecs/mp3.ts';
export {
  annexBToLengthPrefixed,
  joinAnnexB,
  joinLengthPrefixed,
  lengthPrefixedToAnnexB,
  type NalLengthSize,
  removeEmulationPrevention,
  splitAnnexB,
  splitLengthPrefixed,
} from './codecs/nal.ts';
export {
  DEFAULT_OPUS_CONFIG,
  OPUS_SAMPLE_RATE,
  type OpusConfig,
  opusPacketSamples,
  parseDops,
  parseOpusHead,
  writeDops,
  writeOpusHead,
} from './codecs/opus.ts';
export { packetSamples } from './codecs/packet-samples.ts';
export {
  parseVp8FrameHeader,
  parseVp9FrameHeader,
  parseVpConfig,
  type VpConfig,
  type VpFrameHeader,
  vpCodecString,
  writeVpConfig,
} from './codecs/vp9.ts';
export { type FlvAudioPacket, parseAudioTag } from './containers/flv/audio-tag.ts';
export { FlvDemuxer, type FlvEvent, type FlvMessage, flvAudioTrackId, flvVideoTrackId, MAX_FLV_TRACKS } from './containers/flv/demuxer.ts';
export type { FlvSkipped, SkipReason } from './containers/flv/ex-header.ts';
export { type FlvOutput, flvFrame, flvSequenceHeader } from './containers/flv/muxer.ts';
export { type FlvAudioOutput, type FlvVideoOutput, writeAudioTag, writeVideoTag } from './containers/flv/tag-writer.ts';
export { type FlvVideoPacket, parseVideoTag } from './containers/flv/video-tag.ts';
export { parseChunks, type ReadChunk, type ReadSample } from './containers/fmp4/chunk-reader.ts';
export { type ChunkPlan, type ChunkSample, type ProducerReferenceTime, writeChunk } from './containers/fmp4/chunk-writer.ts';
export { type InitSegment, type InitTrack, parseInitSegment } from './containers/fmp4/init-reader.ts';
export { writeInitSegment } from './containers/fmp4/init-segment.ts';
export type { Bitrate } from './containers/fmp4/sample-entry.ts';
export { AUDIO_TRACK_ID, fmp4TrackId, VIDEO_TRACK_ID } from './containers/fmp4/track-id.ts';
export { AudioFrameClock, type FrameClock, VideoFrameClock } from './timing/frame-clock.ts';
export type { AudioCodec, AudioTrack, Codec, ColourDescription, Frame, Track, TrackId, VideoCodec, VideoTrack } from './track.ts';
export {
  type AudioTrackSetup,
  configNalLengthSize,
  createAudioTrack,
  createVideoTrack,
  type VideoTrackSetup,
} from './tracks.ts';
