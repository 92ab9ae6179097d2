// One publisher's way into the hub, whatever its protocol: policy, exact frame times, and the gate that waits for all tracks.
// It owns no socket: the front door gives it tracks, frames and byte counts, and is told when to refuse.

import type { AppError, Millis } from '@headend/core';
import { AudioFrameClock, type Frame, type FrameClock, type Track, type TrackId, VideoFrameClock } from '@headend/media';
import type { Source } from '../live/index.ts';
import type { PublishPolicy } from './ports.ts';
import { type PolicyVerdict, PublishPolicyMonitor } from './publish-policy.ts';
import { type MediaKinds, TrackGate } from './track-gate.ts';

export type PublishSessionEvents = {
  /** The policy ends this publish. Called once. */
  refuse(error: AppError): void;
  warn(code: string, message: string): void;
};

export class PublishSession {
  readonly #source: Source;
  readonly #events: PublishSessionEvents;
  readonly #monitor: PublishPolicyMonitor;
  readonly #gate: TrackGate;
  readonly #tracks = new Map<TrackId, { readonly track: Track; readonly clock: FrameClock }>();
  #over = false;

  constructor(source: Source, policy: PublishPolicy, events: PublishSessionEvents) {
    this.#source = source;
    this.#events = events;
    this.#monitor = new PublishPolicyMonitor(policy);
    this.#gate = new TrackGate({
      begin: (tracks) => source.beginSession(tracks),
      change: (tracks) => source.changeTracks(tracks),
      frame: (frame) => source.publish(frame),
    });
  }

  /** Media has reached the hub. */
  get started(): boolean {
    return this.#gate.open;
  }

  announce(kinds: MediaKinds): void {
    this.#gate.announce(kinds);
  }

  received(bytes: number, now: Millis): void {
    if (!this.#over) this.#judge(this.#monitor.bytes(bytes, now));
  }

  track(track: Track): void {
    if (this.#over || !this.#judge(this.#monitor.track(track))) return;
    const clock = track.kind === 'video' ? new VideoFrameClock(track) : new AudioFrameClock(track);
    this.#tracks.set(track.id, { track, clock });
    this.#gate.track(track);
  }

  frame(frame: Frame): void {
    const entry = this.#tracks.get(frame.trackId);
    if (this.#over || entry === undefined) return;
    if (!this.#judge(this.#monitor.frame(frame, entry.track))) return;
    const placed = entry.clock.place(frame);
    if (placed !== undefined) this.#gate.frame(placed);
  }

  /** The publisher is gone; the Source waits for its return. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#gate.open) this.#source.interrupt();
  }

  /** False when the verdict ended the session. */
  #judge(verdict: PolicyVerdict | undefined): boolean {
    if (verdict === undefined) return true;
    if (verdict.type === 'warn') {
      this.#events.warn(verdict.code, verdict.message);
      return true;
    }
    this.close();
    this.#events.refuse(verdict.error);
    return false;
  }
}
