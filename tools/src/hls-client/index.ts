// A strict HLS client for probes and tests.

export { type FetchedPlaylist, fetchText, PlaylistFollower } from './playlist-follower.ts';
export { PresentationClient } from './presentation.ts';
