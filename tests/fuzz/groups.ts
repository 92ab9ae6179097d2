// The table of all targets, in groups that share a time allowance.

import { audioTargets, flvTargets, fmp4Targets, videoTargets } from './media-targets.ts';
import { amfTargets, rtmpTargets, sessionTargets } from './rtmp-targets.ts';
import type { Target } from './target.ts';
import { playlistTargets, requestTargets, storedTargets } from './text-targets.ts';

export const fuzzGroups: Readonly<Record<string, readonly Target[]>> = {
  AMF: amfTargets,
  'RTMP wire': rtmpTargets,
  'RTMP sessions': sessionTargets,
  'video configurations and frames': videoTargets,
  'audio configurations and frames': audioTargets,
  FLV: flvTargets,
  fMP4: fmp4Targets,
  'HLS playlists': playlistTargets,
  'keys, tokens, paths and headers': requestTargets,
  'what is stored': storedTargets,
};
