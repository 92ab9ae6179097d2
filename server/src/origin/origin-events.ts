// What the origin tells the rest of the house. Listeners must not throw and should be quick: some are called while a part is published.

import type { StorageError } from './ports.ts';

export type MediaKind = 'manifest' | 'playlist' | 'init' | 'segment' | 'part' | 'other';

export type OriginEvents = {
  /** The first segment of a stream is complete. */
  playable?(streamId: string): void;
  segmentPublished?(segment: { readonly streamId: string; readonly rendition: string; readonly msn: number; readonly bytes: number }): void;
  ended?(streamId: string): void;
  /** The disk began to refuse. Live playback goes on from memory. Once per episode; `storageRecovered` ends it. */
  storageFailed?(streamId: string, error: StorageError): void;
  storageRecovered?(streamId: string): void;
  /** A media request was answered with this many body bytes handed to the socket. */
  responded?(kind: MediaKind, status: number, bytes: number): void;
  /** A request died of our own error. */
  failed?(error: unknown): void;
};
