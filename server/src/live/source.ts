// A Source: one stream's tracks and frames, published by one session at a time and read by any number of subscribers.
// A returning publisher continues the same timeline: its times are moved behind everything published before.

import { invariant, type Millis, millis, type Ticks, ticks } from '@headend/core';
import type { Frame, Track, TrackId } from '@headend/media';
import type { LiveEvent } from './events.ts';
import { GopCache } from './gop-cache.ts';
import { DEFAULT_SUBSCRIPTION_LIMITS, Subscription, type SubscriptionLimits, type SubscriptionListener } from './subscription.ts';

type TrackClock = { readonly offset: Ticks; end: number };

export class Source {
  readonly streamId: string;
  readonly #listener: SubscriptionListener;
  readonly #subscriptions = new Set<Subscription>();
  readonly #cache = new GopCache();
  #tracks: readonly Track[] = [];
  #clocks = new Map<TrackId, TrackClock>();
  #sessionOffset: Millis = millis(0);
  #leader: TrackId | undefined;
  #epoch = 0;
  #ended = false;

  constructor(streamId: string, listener: SubscriptionListener) {
    this.streamId = streamId;
    this.#listener = listener;
  }

  get tracks(): readonly Track[] {
    return this.#tracks;
  }

  get subscriberCount(): number {
    return this.#subscriptions.size;
  }

  /** A publisher (re)starts at its own time zero; its timeline continues after everything before. */
  beginSession(tracks: readonly Track[]): void {
    this.#sessionOffset = this.#endOfTimeline();
    this.#announce(tracks);
  }

  /** The same publisher's tracks change (a new codec configuration, a late track): same timeline, new epoch. */
  changeTracks(tracks: readonly Track[]): void {
    this.#announce(tracks);
  }

  publish(frame: Frame): void {
    if (this.#ended) return;
    const clock = this.#clocks.get(frame.trackId);
    invariant(clock !== undefined, `frame of an unannounced track ${frame.trackId}`);
    const { offset } = clock;
    const placed: Frame = offset === 0 ? frame : { ...frame, dts: ticks(frame.dts + offset), pts: ticks(frame.pts + offset) };
    clock.end = Math.max(clock.end, placed.pts, placed.dts);
    this.#cache.push(placed);
    this.#send({ type: 'frame', frame: placed });
  }

  interrupt(): void {
    this.#cache.reset(this.#leader);
    this.#send({ type: 'interrupted' });
  }

  end(): void {
    this.#finish({ type: 'end' });
  }

  shutdown(): void {
    this.#finish({ type: 'shutdown' });
  }

  /** Starts with the tracks and the cached group of pictures, then follows the live flow. */
  subscribe(name: string, limits: SubscriptionLimits = DEFAULT_SUBSCRIPTION_LIMITS): Subscription {
    const subscription = new Subscription(name, limits, this.#listener, (closed) => this.#subscriptions.delete(closed));
    if (this.#tracks.length > 0) {
      subscription.offer({ type: 'tracks', epoch: this.#epoch, tracks: this.#tracks, discontinuity: false }, this.#leader);
      for (const frame of this.#cache.frames()) subscription.offer({ type: 'frame', frame }, this.#leader);
    }
    if (this.#ended) subscription.offer({ type: 'end' }, this.#leader);
    else this.#subscriptions.add(subscription);
    return subscription;
  }

  #finish(last: LiveEvent): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#send(last);
    this.#subscriptions.clear();
  }

  #announce(tracks: readonly Track[]): void {
    if (this.#ended) return;
    const discontinuity = this.#tracks.length > 0;
    const previous = this.#clocks;
    this.#tracks = tracks;
    this.#clocks = new Map(tracks.map((track) => [track.id, this.#clockOf(track, previous.get(track.id))]));
    this.#leader = (tracks.find((track) => track.kind === 'video') ?? undefined)?.id;
    this.#cache.reset(this.#leader);
    this.#epoch += 1;
    this.#send({ type: 'tracks', epoch: this.#epoch, tracks, discontinuity });
  }

  #clockOf(track: Track, previous: TrackClock | undefined): TrackClock {
    const offset = ticks(Math.round((this.#sessionOffset * track.timescale) / 1000));
    return { offset, end: previous?.offset === offset ? previous.end : 0 };
  }

  /** First whole millisecond after every frame of every track, with room for the last frame's duration. */
  #endOfTimeline(): Millis {
    let end = 0;
    for (const track of this.#tracks) {
      const clock = this.#clocks.get(track.id);
      if (clock !== undefined && clock.end > 0) end = Math.max(end, Math.ceil((clock.end * 1000) / track.timescale) + LAST_FRAME_MS);
    }
    return millis(Math.max(end, this.#sessionOffset));
  }

  #send(event: LiveEvent): void {
    for (const subscription of this.#subscriptions) subscription.offer(event, this.#leader);
  }
}

/** The longest usual frame (12.5 fps) when the last frame's duration is unknown. */
const LAST_FRAME_MS = 80;
