// track_ID of the one track in a CMAF file. Constant per media kind, whatever the Source calls the track: the renditions of one
// switching set then have the same track_ID, and one audio and one video track can share a file or a source buffer.

import type { Track } from '../../track.ts';

export const VIDEO_TRACK_ID = 1;
export const AUDIO_TRACK_ID = 2;

export const fmp4TrackId = (track: Pick<Track, 'kind'>): number => (track.kind === 'video' ? VIDEO_TRACK_ID : AUDIO_TRACK_ID);
