// A strict HLS client for probes and tests.

export { type FetchedPlaylist, fetchText, PlaylistFollower, type TextListener } from './playlist-follower.ts';
export { PresentationClient } from './presentation.ts';
