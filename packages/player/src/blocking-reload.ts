// How long a blocking playlist reload (RFC 8216bis §6.2.5.2) may be held. hls.js gives it 0.8 target durations and then asks for plain
// playlists every target duration; a server holds it for up to three (§6.2.5.2) and answers the moment the encoder is back. So a held
// request is waited for, and made again as it was when the server let it go with a 503.
// Left out: every other request, and answers that come at once: those are hls.js' own affair.

import type HlsType from 'hls.js';
import type { LoadPolicy, PlaylistLoaderConstructor, PlaylistLoaderContext } from 'hls.js';

type LoaderConfig = LoadPolicy['default'];

const MAX_HOLD_TARGET_DURATIONS = 3;
/** What an answer may take beyond the server's hold. */
const ANSWER_MS = 2_000;
/** A 503 that comes sooner was not held: the server is in trouble, which the ordinary retries handle, visibly. */
const HELD_AT_LEAST_MS = 1_000;
const ASK_AGAIN_AFTER_MS = 100;
const HELD_TOO_LONG = 503;

/** `now` in milliseconds, on any clock. */
export function holdPolicy(targetDurationSeconds: number, now: () => number): LoaderConfig {
  const longestMs = MAX_HOLD_TARGET_DURATIONS * targetDurationSeconds * 1000 + ANSWER_MS;
  let askedAt = now();
  return {
    maxTimeToFirstByteMs: longestMs,
    maxLoadTimeMs: longestMs,
    timeoutRetry: null,
    errorRetry: {
      maxNumRetry: Number.MAX_SAFE_INTEGER,
      retryDelayMs: ASK_AGAIN_AFTER_MS,
      maxRetryDelayMs: ASK_AGAIN_AFTER_MS,
      shouldRetry: (_policy, _count, isTimeout, response) => {
        const held = now() - askedAt >= HELD_AT_LEAST_MS;
        askedAt = now();
        return !isTimeout && held && response?.code === HELD_TOO_LONG;
      },
    },
  };
}

/** hls.js' loader for playlists, patient with blocking reloads. */
export function patientPlaylistLoader(Hls: typeof HlsType): PlaylistLoaderConstructor {
  // The default loader serves every kind of request; its declared type names only what they share.
  const Loader = Hls.DefaultConfig.loader as unknown as PlaylistLoaderConstructor;
  return class extends Loader {
    override load(...[context, config, callbacks]: Parameters<InstanceType<PlaylistLoaderConstructor>['load']>): void {
      const targetDuration = blocksFor(context);
      const loadPolicy = targetDuration === null ? config.loadPolicy : holdPolicy(targetDuration, () => performance.now());
      super.load(context, { ...config, loadPolicy }, callbacks);
    }
  };
}

/** The target duration of a playlist whose reload will be held; null for any other request. */
function blocksFor({ deliveryDirectives, levelOrTrack }: PlaylistLoaderContext): number | null {
  if (deliveryDirectives?.msn === undefined) return null;
  return levelOrTrack?.details?.targetduration ?? null;
}
