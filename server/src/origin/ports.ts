// What the origin needs from the rest of the house.

import type { AppError, Millis, Result, WallMs } from '@headend/core';

export type PlaybackClaims = {
  readonly streamId: string;
  readonly viewerSession: string;
  readonly expiresAt: WallMs;
};

export interface PlaybackTokens {
  /** Error codes: playback_token_invalid, playback_token_expired. */
  verify(token: string, now: WallMs): Result<PlaybackClaims, AppError>;
}

/** Time as the origin uses it. Tests bring a virtual one. */
export interface Clock {
  now(): WallMs;
  monotonic(): Millis;
  /** Runs `fn` once after `afterMs`; the returned function cancels it. A timer does not keep the process alive. */
  setTimer(afterMs: Millis, fn: () => void): () => void;
}

/** Why a disk refused: no room (or quota), not writable, or anything else. */
export type StorageError = { readonly code: 'storage_full' | 'storage_read_only' | 'storage_failed'; readonly message: string };

/** Bytes `start` up to but not including `end`. */
export type ByteSpan = { readonly start: number; readonly end: number };

/**
 * Segments, init segments and the timeline journal on a disk. Keys are relative paths of `[A-Za-z0-9._-]` names.
 * One caller writes to one key at a time.
 */
export interface SegmentFiles {
  /** Whole or not at all: after a crash the key holds the old bytes, the new ones, or nothing. */
  write(key: string, chunks: readonly Uint8Array[]): Promise<Result<void, StorageError>>;
  /** Adds to the end; a crash may leave only a beginning of `chunk`. */
  append(key: string, chunk: Uint8Array): Promise<Result<void, StorageError>>;
  /** Undefined when there is no such key or it is shorter than the span. */
  read(key: string, span?: ByteSpan): Promise<Uint8Array | undefined>;
  /** Names directly below a folder (`''` is the root); `size` is 0 for folders. A folder that does not exist is empty. */
  list(folder: string): Promise<readonly { readonly name: string; readonly size: number }[]>;
  /** A key or a whole folder; what does not exist is removed already. */
  remove(key: string): Promise<Result<void, StorageError>>;
}
