// The origin: every live presentation of this node, their HTTP, and who watches them. Composition of this room; owns its teardown.

import { type Millis, millis } from '@headend/core';
import type { MediaRequest, MediaResponse } from './exchange.ts';
import { LivePresentation, type LivePresentationOptions } from './live-presentation.ts';
import { MediaHandler } from './media-handler.ts';
import type { OriginEvents } from './origin-events.ts';
import type { Clock, PlaybackTokens, SegmentFiles } from './ports.ts';
import { recoverPresentation } from './recovery.ts';
import { JOURNAL_NAME } from './segment-keeper.ts';
import { TokenCache } from './token-cache.ts';
import { Viewers } from './viewers.ts';
import { WaiterBudget } from './waiters.ts';

export type OriginOptions = {
  readonly clock: Clock;
  readonly files: SegmentFiles;
  readonly tokens: PlaybackTokens;
  readonly events?: OriginEvents;
  /** How far back live playlists reach. */
  readonly windowMs?: Millis;
  /** Segment bytes in memory per stream. */
  readonly maxHotBytes?: number;
  /** Bytes waiting for the disk per stream. */
  readonly maxQueuedBytes?: number;
  /** Requests that may wait at one time, all streams together; more are answered 503. */
  readonly maxWaiters?: number;
  readonly maxCachedTokens?: number;
  /** A viewer who asked for nothing this long has left. */
  readonly viewerWindowMs?: Millis;
  readonly maxViewersPerStream?: number;
};

const DEFAULT_WINDOW_MS = millis(60_000);
const DEFAULT_MAX_HOT_BYTES = 32 * 1024 * 1024;
const DEFAULT_MAX_QUEUED_BYTES = 16 * 1024 * 1024;
const DEFAULT_MAX_WAITERS = 20_000;
const DEFAULT_MAX_CACHED_TOKENS = 20_000;
/** A player that buffers a whole target duration ahead still asks more often than this. */
const DEFAULT_VIEWER_WINDOW_MS = millis(15_000);
const DEFAULT_MAX_VIEWERS_PER_STREAM = 100_000;

export class Origin {
  readonly viewers: Viewers;
  readonly #options: OriginOptions;
  readonly #handler: MediaHandler;
  readonly #budget: WaiterBudget;
  readonly #presentations = new Map<string, LivePresentation>();
  /** Deletions under way, so that close() can await them. */
  readonly #removing = new Set<Promise<void>>();

  constructor(options: OriginOptions) {
    this.#options = options;
    this.#budget = new WaiterBudget(options.maxWaiters ?? DEFAULT_MAX_WAITERS);
    this.viewers = new Viewers(options.clock, {
      windowMs: options.viewerWindowMs ?? DEFAULT_VIEWER_WINDOW_MS,
      maxSessionsPerStream: options.maxViewersPerStream ?? DEFAULT_MAX_VIEWERS_PER_STREAM,
    });
    this.#handler = new MediaHandler({
      clock: options.clock,
      tokens: new TokenCache(options.tokens, options.clock, options.maxCachedTokens ?? DEFAULT_MAX_CACHED_TOKENS),
      viewers: this.viewers,
      events: options.events ?? {},
      presentation: (streamId) => this.#presentations.get(streamId),
    });
  }

  /** Requests that wait right now. */
  get waiting(): number {
    return this.#budget.used;
  }

  get streamIds(): readonly string[] {
    return [...this.#presentations.keys()];
  }

  get(streamId: string): LivePresentation | undefined {
    return this.#presentations.get(streamId);
  }

  /** The stream's presentation: a new one, or with `resume` (the default) the one that is already here. */
  open(streamId: string, { resume = true }: { readonly resume?: boolean } = {}): LivePresentation {
    const known = this.#presentations.get(streamId);
    if (known !== undefined && resume) return known;
    if (known !== undefined) void known.close();
    const presentation = new LivePresentation(this.#presentationOptions(streamId));
    this.#presentations.set(streamId, presentation);
    return presentation;
  }

  /** Takes the stream off the origin and deletes its files. */
  async remove(streamId: string): Promise<void> {
    const presentation = this.#presentations.get(streamId);
    this.#presentations.delete(streamId);
    this.viewers.forget(streamId);
    const removing = (async () => {
      await presentation?.close();
      await this.#options.files.remove(streamId);
    })();
    this.#removing.add(removing);
    await removing.finally(() => this.#removing.delete(removing));
  }

  /** Rebuilds every stream that a former process left on disk. Returns their ids. Before the first open() and handle(). */
  async recover(): Promise<readonly string[]> {
    const recovered: string[] = [];
    for (const { name } of await this.#options.files.list('')) {
      const entries = await this.#options.files.list(name);
      if (this.#presentations.has(name) || !entries.some((entry) => entry.name === JOURNAL_NAME)) continue;
      const presentation = await recoverPresentation(this.#presentationOptions(name));
      if (presentation === undefined) continue;
      this.#presentations.set(name, presentation);
      recovered.push(name);
    }
    return recovered;
  }

  /** Anything below `/p/`. Works on node:http and node:http2 requests alike. */
  handle(request: MediaRequest, response: MediaResponse): void {
    this.#handler.handle(request, response);
  }

  /** Releases all who wait and brings to disk what was accepted. The presentations can be recovered by the next process. */
  async close(): Promise<void> {
    const presentations = [...this.#presentations.values()];
    this.#presentations.clear();
    await Promise.all([...presentations.map((presentation) => presentation.close()), ...this.#removing]);
  }

  #presentationOptions(streamId: string): LivePresentationOptions {
    const { clock, files, events = {}, windowMs, maxHotBytes, maxQueuedBytes } = this.#options;
    return {
      streamId,
      clock,
      files,
      events,
      waiterBudget: this.#budget,
      windowMs: windowMs ?? DEFAULT_WINDOW_MS,
      maxHotBytes: maxHotBytes ?? DEFAULT_MAX_HOT_BYTES,
      maxQueuedBytes: maxQueuedBytes ?? DEFAULT_MAX_QUEUED_BYTES,
    };
  }
}
