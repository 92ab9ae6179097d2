// Cache lifetimes (rfc8216bis appendix B.1, in target durations) as Cache-Control values. Pure.

const seconds = (value: number): string => `public, max-age=${Math.max(0, Math.floor(value))}`;

/** The name never stands for other bytes, and the media is gone from the window long before. */
export const MEDIA_CACHE = 'public, max-age=86400, immutable';
/** Answers about this client or this moment: credentials, overload, a stream that is about to start. */
export const NO_STORE = 'no-store';

export const playlistCache = (targetDuration: number, blocking: boolean): string =>
  seconds(blocking ? 6 * targetDuration : targetDuration / 2);

export const playlistErrorCache = (targetDuration: number, blocking: boolean): string =>
  seconds(blocking ? 4 * targetDuration : targetDuration);

export const mediaErrorCache = (targetDuration: number): string => seconds(targetDuration);
