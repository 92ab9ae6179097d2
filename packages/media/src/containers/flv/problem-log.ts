// Says each kind of problem once per track and configuration: a broken encoder repeats its mistake thirty times a second, and one
// report of it is information while the next thousand are load. The set is bounded by the number of codes in the sources.

import type { WireError } from '@headend/core';
import type { TrackId } from '../../track.ts';

export type FlvProblem = { readonly type: 'problem'; readonly trackId?: TrackId; readonly error: WireError };

export class ProblemLog {
  readonly #reported = new Set<string>();

  /** The event, or nothing when this code was already told. */
  report(error: WireError, trackId?: TrackId): readonly FlvProblem[] {
    const key = `${trackId ?? ''} ${error.code}`;
    if (this.#reported.has(key)) return [];
    this.#reported.add(key);
    return [trackId === undefined ? { type: 'problem', error } : { type: 'problem', trackId, error }];
  }

  /** A track began anew: its problems may be told again. */
  forget(trackId: TrackId): void {
    for (const key of this.#reported) if (key.startsWith(`${trackId} `)) this.#reported.delete(key);
  }
}
