// The public face of @headend/media.

export { type FlvAudioPacket, parseAudioTag } from './containers/flv/audio-tag.ts';
export type { FlvSkipped, SkipReason } from './containers/flv/ex-header.ts';
export { type FlvAudioOutput, type FlvVideoOutput, writeAudioTag, writeVideoTag } from './containers/flv/tag-writer.ts';
export { type FlvVideoPacket, parseVideoTag } from './containers/flv/video-tag.ts';
export { parseChunks, type ReadChunk, type ReadSample } from './containers/fmp4/chunk-reader.ts';
export { type ChunkPlan, type ChunkSample, type ProducerReferenceTime, writeChunk } from './containers/fmp4/chunk-writer.ts';
export { type InitSegment, type InitTrack, parseInitSegment } from './containers/fmp4/init-reader.ts';
export { writeInitSegment } from './containers/fmp4/init-segment.ts';
export type { Bitrate } from './containers/fmp4/sample-entry.ts';
export { AUDIO_TRACK_ID, fmp4TrackId, VIDEO_TRACK_ID } from './containers/fmp4/track-id.ts';
export type { AudioCodec, AudioTrack, Codec, ColourDescription, Frame, Track, TrackId, VideoCodec, VideoTrack } from './track.ts';
