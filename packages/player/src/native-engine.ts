// The browser's own HLS (Safari without Media Source): it plays and retries by itself; we read what it tells.
// Left out: quality choice and catch-up, which native players do not offer.

import type { Engine, EngineHooks, EngineSnapshot, Quality } from './engine.ts';
import { AUTO_QUALITY } from './engine.ts';

/** Native LL-HLS plays about this far behind when the page cannot read PART-HOLD-BACK. */
const ASSUMED_HOLD_BACK_SECONDS = 1;
const HLS_TYPE = 'application/vnd.apple.mpegurl';

export function canPlayNatively(video: HTMLVideoElement): boolean {
  return video.canPlayType(HLS_TYPE) !== '';
}

export class NativeEngine implements Engine {
  readonly #video: HTMLVideoElement;
  readonly #abort = new AbortController();

  constructor(video: HTMLVideoElement, hooks: EngineHooks) {
    this.#video = video;
    const options = { signal: this.#abort.signal };
    video.addEventListener('error', () => hooks.onFault(faultOf(video.error)), options);
    video.addEventListener('progress', () => hooks.onProgress(), options);
  }

  load(url: string): void {
    this.#video.src = url;
  }

  renew(): void {
    // The element reads its playlists by itself: a fresh token needs a new load, which the fault of the old one brings.
  }

  resume(): void {
    this.#video.load();
  }

  resetMedia(): void {
    this.#video.load();
  }

  snapshot(): EngineSnapshot {
    const video = this.#video;
    const ranges = video.seekable;
    const end = ranges.length > 0 ? ranges.end(ranges.length - 1) : null;
    const startDate = startDateOf(video);
    return {
      transport: 'HLS',
      live: video.duration === Number.POSITIVE_INFINITY,
      // The browser fires `ended` by itself.
      remaining: null,
      wallLatency: startDate === null ? null : (Date.now() - startDate - video.currentTime * 1000) / 1000,
      edgeLatency: end === null ? null : end - video.currentTime,
      targetLatency: ASSUMED_HOLD_BACK_SECONDS,
      livePosition: end === null ? null : end - ASSUMED_HOLD_BACK_SECONDS,
      windowStart: ranges.length > 0 ? ranges.start(0) : null,
      bitrate: null,
      partLoads: 0,
      lastLoadMs: null,
    };
  }

  qualities(): readonly Quality[] {
    return [];
  }

  quality(): number {
    return AUTO_QUALITY;
  }

  setQuality(): void {
    // The browser chooses.
  }

  destroy(): void {
    this.#abort.abort();
    this.#video.removeAttribute('src');
    this.#video.load();
  }
}

/** `getStartDate` is WebKit's: the wallclock of media time zero, from EXT-X-PROGRAM-DATE-TIME. */
function startDateOf(video: HTMLVideoElement): number | null {
  if (!('getStartDate' in video) || typeof video.getStartDate !== 'function') return null;
  const date: unknown = video.getStartDate();
  return date instanceof Date && !Number.isNaN(date.getTime()) ? date.getTime() : null;
}

function faultOf(error: MediaError | null): { kind: 'network' | 'media' | 'unsupported'; code: string; status: number } {
  switch (error?.code) {
    case MediaError.MEDIA_ERR_DECODE:
      return { kind: 'media', code: 'native_decode_error', status: 0 };
    case MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED:
      // Safari reports an unreachable playlist this way, too: load again, with a limit.
      return { kind: 'network', code: 'native_source_error', status: 0 };
    default:
      return { kind: 'network', code: 'native_network_error', status: 0 };
  }
}
