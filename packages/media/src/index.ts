// The public face of @headend/media.

export type { AudioCodec, AudioTrack, Codec, ColourDescription, Frame, Track, TrackId, VideoCodec, VideoTrack } from './track.ts';
