// Cache lifetimes (rfc8216bis appendix B.1, in target durations) as Cache-Control values. Pure.
// The draft speaks of shared caches. A browser keeps nothing: it asks for each update once, and after a restart of the server an answer
// from before would send it back to parts that no longer exist.

const shared = (seconds: number): string => `public, max-age=0, s-maxage=${Math.max(0, Math.floor(seconds))}`;

/** The name never stands for other bytes, and the media is gone from the window long before. */
export const MEDIA_CACHE = 'public, max-age=86400, immutable';
/** Answers about this client or this moment: credentials, overload, a stream that is about to start. */
export const NO_STORE = 'no-store';

export const playlistCache = (targetDuration: number, blocking: boolean): string =>
  shared(blocking ? 6 * targetDuration : targetDuration / 2);

export const playlistErrorCache = (targetDuration: number, blocking: boolean): string =>
  shared(blocking ? 4 * targetDuration : targetDuration);

export const mediaErrorCache = (targetDuration: number): string => shared(targetDuration);
