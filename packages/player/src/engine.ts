// What the player needs from a playback engine, whichever it is: hls.js over Media Source, or the browser's own HLS.
// An engine reports; it decides nothing about retries (recovery.ts) or live-edge control (catch-up.ts).

import type { Fault } from './recovery.ts';

export type Quality = {
  readonly id: number;
  /** `1080p`, with the frame rate when it tells two apart. */
  readonly label: string;
};

export const AUTO_QUALITY = -1;

export type EngineSnapshot = {
  readonly transport: 'LL-HLS' | 'HLS';
  readonly live: boolean;
  /** Seconds of media left to play; null while more is to come. */
  readonly remaining: number | null;
  /** Seconds behind the wallclock (EXT-X-PROGRAM-DATE-TIME); null when the stream does not tell. */
  readonly wallLatency: number | null;
  /** Seconds behind the newest media of the playlist. */
  readonly edgeLatency: number | null;
  /** PART-HOLD-BACK, or what stands in for it. */
  readonly targetLatency: number | null;
  /** Media time of that target now: where "Go live" goes. */
  readonly livePosition: number | null;
  /** Earliest media time of the window. */
  readonly windowStart: number | null;
  /** Measured over the last seconds, bits per second received. */
  readonly bitrate: number | null;
  readonly partLoads: number;
  readonly lastLoadMs: number | null;
};

export type EngineHooks = {
  readonly onFault: (fault: Fault) => void;
  /** A fragment or part of the main rendition arrived and is playable. */
  readonly onProgress: () => void;
  readonly onQualities: () => void;
};

export interface Engine {
  load(url: string): void;
  /** Same stream, fresh token: later requests use it, nothing is reloaded. */
  renew(url: string): void;
  /** Go on loading after a network fault. */
  resume(): void;
  /** Rebuild the decoder after a media fault. */
  resetMedia(): void;
  snapshot(): EngineSnapshot;
  qualities(): readonly Quality[];
  /** The id chosen by the viewer, or AUTO_QUALITY. */
  quality(): number;
  setQuality(id: number): void;
  destroy(): void;
}
