// The origin's public face.

export type { MediaRequest, MediaResponse } from './exchange.ts';
export type { LivePresentation } from './live-presentation.ts';
export { Origin, type OriginOptions } from './origin.ts';
export type { MediaKind, OriginEvents } from './origin-events.ts';
export type { ByteSpan, Clock, PlaybackClaims, PlaybackTokens, SegmentFiles, StorageError } from './ports.ts';
