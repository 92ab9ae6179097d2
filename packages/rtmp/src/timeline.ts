// One publisher's clock, made usable: integer milliseconds from 0 for all its tracks, whatever the encoder's 32-bit counters do.
// Wraps, at 32 bits or at FLV's 31, are unfolded. A leap (back by more than a second, forward by more than ten) starts a new epoch: the same source clock with
// another offset, anchored so that the first track to leap goes on where it was. The other tracks follow into that epoch with their
// own next leap, which keeps the distance between audio and video, also while messages from before and after the leap interleave.
// Smaller steps back are held at the last time. Left out: drift between tracks, which is the encoder's to keep.

import { unwrap32 } from '@headend/core';

/** No message moves the time forward by more than this beyond the latest of all tracks. */
export const MAX_FORWARD_JUMP_MS = 10_000;
/** A track that steps back by no more than this is held; beyond, its clock has been set. */
export const MAX_BACKWARD_STEP_MS = 1000;
/** Epochs that tracks may still be leaving. */
const MAX_EPOCHS = 4;
/** Advance over a leap when neither the wall clock nor the track's own rhythm says more. */
const MIN_ADVANCE_MS = 1;
/** A distance between frames above this is a gap, not the rhythm of a track. */
const MAX_RHYTHM_MS = 1000;

export type TimelineStamp = { readonly ms: number /** The track's source clock leapt here. */; readonly reanchored: boolean };

/** FLV muxers keep 31 bits of the time (FFmpeg masks the sign), so their clocks wrap at half the range of RTMP's. */
const WRAP_31 = 2 ** 31;

/** The value nearest to `reference` of a counter that wraps at 32 bits, or at 31 when that is where it landed. */
const unwrap = (timestamp: number, reference: number): number => {
  const value = unwrap32(timestamp, reference);
  const distance = value - reference;
  if (Math.abs(Math.abs(distance) - WRAP_31) > MAX_FORWARD_JUMP_MS) return value;
  return distance > 0 ? value - WRAP_31 : value + WRAP_31;
};

/** A stretch of the source clock with one offset: output = unwrapped input − offset. */
type Epoch = { lastIn: number; readonly offset: number };

type TrackState = { epoch: Epoch; lastOut: number; lastArrival: number; rhythm: number };

export class RtmpTimeline<TrackKey extends string | number> {
  readonly #tracks = new Map<TrackKey, TrackState>();
  /** Newest last. */
  #epochs: readonly Epoch[] = [];
  #latest = 0;

  /** `timestamp` as the message says it (modulo 2^32), `now` any monotonic clock in milliseconds. */
  stamp(track: TrackKey, timestamp: number, now: number): TimelineStamp {
    const state = this.#tracks.get(track);
    const newest = this.#epochs.at(-1);
    if (newest === undefined) return this.#first(track, timestamp, now);
    const stay = this.#position(state?.epoch ?? newest, timestamp);
    const staying = this.#plausible(state, stay);
    if (staying && (state === undefined || state.epoch === newest))
      return this.#accept(track, state?.epoch ?? newest, timestamp, now, false);
    const epoch = state === undefined ? this.#anyPlausible(timestamp) : this.#bestFor(state, timestamp, staying ? stay : undefined);
    if (epoch !== undefined) return this.#accept(track, epoch, timestamp, now, state !== undefined && epoch !== state.epoch);
    return this.#reanchor(track, state, timestamp, now);
  }

  /** The time for something without a time of its own (a sequence header): where its track stands. */
  current(track: TrackKey): number {
    return this.#tracks.get(track)?.lastOut ?? this.#latest;
  }

  #first(track: TrackKey, timestamp: number, now: number): TimelineStamp {
    const epoch: Epoch = { lastIn: timestamp, offset: timestamp };
    this.#epochs = [epoch];
    return this.#accept(track, epoch, timestamp, now, false);
  }

  #position(epoch: Epoch, timestamp: number): number {
    return unwrap(timestamp, epoch.lastIn) - epoch.offset;
  }

  #plausible(state: TrackState | undefined, position: number): boolean {
    if (state === undefined) return Math.abs(position - this.#latest) <= MAX_FORWARD_JUMP_MS;
    return position >= state.lastOut - MAX_BACKWARD_STEP_MS && position <= this.#latest + MAX_FORWARD_JUMP_MS;
  }

  #anyPlausible(timestamp: number): Epoch | undefined {
    return this.#epochs.findLast((epoch) => this.#plausible(undefined, this.#position(epoch, timestamp)));
  }

  /** Among the track's own epoch (if it still fits) and all newer ones: the one that continues the track most smoothly. */
  #bestFor(state: TrackState, timestamp: number, stay: number | undefined): Epoch | undefined {
    const expected = state.lastOut + state.rhythm;
    let best = stay === undefined ? undefined : state.epoch;
    let distance = stay === undefined ? Number.POSITIVE_INFINITY : Math.abs(stay - expected);
    for (const epoch of this.#epochs) {
      const position = this.#position(epoch, timestamp);
      if (epoch === state.epoch || !this.#plausible(state, position)) continue;
      if (Math.abs(position - expected) < distance) {
        best = epoch;
        distance = Math.abs(position - expected);
      }
    }
    return best;
  }

  /** The leaping track goes on after the time that passed on the wall, at least one frame and at most the limit. */
  #reanchor(track: TrackKey, state: TrackState | undefined, timestamp: number, now: number): TimelineStamp {
    const elapsed = state === undefined ? 0 : now - state.lastArrival;
    const advance = Math.min(Math.max(elapsed, state?.rhythm ?? 0, MIN_ADVANCE_MS), MAX_FORWARD_JUMP_MS);
    const out = state === undefined ? this.#latest : state.lastOut + Math.round(advance);
    const epoch: Epoch = { lastIn: timestamp, offset: timestamp - out };
    this.#epochs = [...this.#epochs, epoch].slice(-MAX_EPOCHS);
    return this.#accept(track, epoch, timestamp, now, true);
  }

  #accept(track: TrackKey, epoch: Epoch, timestamp: number, now: number, reanchored: boolean): TimelineStamp {
    const position = this.#position(epoch, timestamp);
    epoch.lastIn = position + epoch.offset;
    const state = this.#tracks.get(track);
    const ms = Math.max(position, state?.lastOut ?? 0, 0);
    const step = state === undefined ? 0 : ms - state.lastOut;
    const rhythm = step > 0 && step <= MAX_RHYTHM_MS && !reanchored ? step : (state?.rhythm ?? 0);
    this.#tracks.set(track, { epoch, lastOut: ms, lastArrival: now, rhythm });
    this.#latest = Math.max(this.#latest, ms);
    return { ms, reanchored };
  }
}
