// The public face of @headend/manifest.

export { printable, printableCeiling } from './decimal.ts';
export {
  advancePartLimit,
  type DeliveryDirectives,
  type DirectiveDecision,
  decideDelivery,
  MAX_QUERY_CHARACTERS,
  noDirectives,
  type PlaylistEdge,
  parseDeliveryDirectives,
} from './delivery-directives.ts';
export { applyDeltaUpdate, skippableSegments } from './delta-update.ts';
export {
  lastMsn,
  type MediaPlaylist,
  type OpenSegment,
  type ParsedMediaPlaylist,
  type Part,
  type PreloadHint,
  type RenditionReport,
  type Segment,
  type SegmentHead,
  type ServerControl,
} from './media-playlist.ts';
export type { AudioRendition, MultivariantPlaylist, Variant } from './multivariant-playlist.ts';
export { parseMediaPlaylist } from './parse-media-playlist.ts';
export { parseMultivariant } from './parse-multivariant.ts';
export { PART_LISTING_TARGETS, SKIP_BOUNDARY_TARGETS, serverControlFor } from './server-control.ts';
export { validateDeltaUpdate } from './validation/validate-delta-update.ts';
export { validateMediaPlaylist } from './validation/validate-media-playlist.ts';
export { validateMultivariant } from './validation/validate-multivariant.ts';
export { validatePresentation } from './validation/validate-presentation.ts';
export type { Violation } from './validation/violation.ts';
export { type WriteMediaPlaylistOptions, writeMediaPlaylist } from './write-media-playlist.ts';
export { writeMultivariant } from './write-multivariant.ts';
