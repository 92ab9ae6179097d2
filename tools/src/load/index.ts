// The public face of @headend/tools/load.

export { CLIP_SECONDS, type Clip, encodeClip } from './clip.ts';
export { type LoadOptions, type LoadReport, MAX_LOAD_SECONDS, MAX_PUBLISHERS, type PublisherReport, publishLoad } from './publishers.ts';
