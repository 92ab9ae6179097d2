// Waits, briefly, until a new publisher's tracks are known, so that a stream begins with its whole set of tracks. A video track counts
// once its first keyframe is there. What comes in the meantime is held (bounded) and handed on in order.

import type { Frame, Track, TrackId } from '@headend/media';

/** Both kinds announced by the encoder: worth waiting for. Nothing announced: an encoder that has a second kind shows it sooner. */
const ANNOUNCED_WAIT_MS = 3000;
const UNANNOUNCED_WAIT_MS = 1000;
const MAX_HELD_FRAMES = 600;
const MAX_HELD_BYTES = 16 * 1024 * 1024;

export type MediaKinds = { readonly video: boolean; readonly audio: boolean };

export type GateOutput = {
  begin(tracks: readonly Track[]): void;
  change(tracks: readonly Track[]): void;
  frame(frame: Frame): void;
};

export class TrackGate {
  readonly #output: GateOutput;
  readonly #tracks = new Map<TrackId, Track>();
  readonly #startable = new Set<TrackId>();
  #announced: MediaKinds | undefined;
  #open = false;
  #held: Frame[] = [];
  #heldBytes = 0;
  #firstMs: number | undefined;

  constructor(output: GateOutput) {
    this.#output = output;
  }

  get open(): boolean {
    return this.#open;
  }

  /** What the encoder's metadata says it will send. */
  announce(kinds: MediaKinds): void {
    this.#announced = kinds;
  }

  track(track: Track): void {
    const known = this.#tracks.has(track.id);
    this.#tracks.set(track.id, track);
    if (!this.#open) {
      // A configuration that changes before the start makes what was held for it unreadable.
      if (known) this.#held = this.#held.filter((frame) => frame.trackId !== track.id);
      return;
    }
    if (known) this.#output.change(this.#ready());
  }

  frame(frame: Frame): void {
    const track = this.#tracks.get(frame.trackId);
    if (track === undefined) return;
    if (!this.#startable.has(frame.trackId)) {
      if (!frame.key) return;
      this.#startable.add(frame.trackId);
      if (this.#open) this.#output.change(this.#ready());
    }
    if (this.#open) {
      this.#output.frame(frame);
      return;
    }
    this.#hold(frame, (frame.dts * 1000) / track.timescale);
  }

  #hold(frame: Frame, atMs: number): void {
    this.#held.push(frame);
    this.#heldBytes += frame.data.length;
    this.#firstMs ??= atMs;
    if (this.#isReady(atMs - this.#firstMs)) this.#begin();
  }

  #isReady(waitedMs: number): boolean {
    const tracks = [...this.#tracks.values()];
    const has = (kind: Track['kind']): boolean => tracks.some((track) => track.kind === kind && this.#startable.has(track.id));
    if (this.#held.length >= MAX_HELD_FRAMES || this.#heldBytes >= MAX_HELD_BYTES) return true;
    const wanted = this.#announced ?? { video: true, audio: true };
    if ((has('video') || !wanted.video) && (has('audio') || !wanted.audio) && tracks.every(({ id }) => this.#startable.has(id)))
      return true;
    return waitedMs >= (this.#announced === undefined ? UNANNOUNCED_WAIT_MS : ANNOUNCED_WAIT_MS);
  }

  #begin(): void {
    this.#open = true;
    this.#output.begin(this.#ready());
    for (const frame of this.#held) this.#output.frame(frame);
    this.#held = [];
    this.#heldBytes = 0;
  }

  /** Tracks that have something to start with: video first, then audio, each in the encoder's order. */
  #ready(): readonly Track[] {
    const tracks = [...this.#tracks.values()].filter(({ id }) => this.#startable.has(id));
    return tracks.sort((a, b) => (a.kind === b.kind ? a.id - b.id : a.kind === 'video' ? -1 : 1));
  }
}
