// A viewer that never looks away: follows every media playlist of a stream by blocking reload, keeps what broke a rule and how far it came.

import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { lastMsn, type ParsedMediaPlaylist, parseMediaPlaylist, type Violation } from '@headend/manifest';
import { type PlaylistFollower, PresentationClient } from '@headend/tools/hls-client';
import { afterwards } from './cleanup.ts';
import { eventually } from './eventually.ts';
import type { Headend } from './headend.ts';

/** After an answer that is no playlist: the server is down, or the encoder is. */
const RETRY_MS = 100;
const KEPT_FAILURES = 20;

export class LiveViewer {
  readonly client: PresentationClient;
  readonly manifestUrl: string;
  /** Answers that were no playlists, newest last. */
  readonly failures: string[] = [];
  readonly #abort = new AbortController();
  readonly #following: Promise<unknown>;

  constructor(client: PresentationClient, manifestUrl: string) {
    this.client = client;
    this.manifestUrl = manifestUrl;
    this.#following = Promise.all([...client.followers.values()].map((follower) => this.#follow(follower)));
  }

  static async watch(t: TestContext, server: Headend, streamId: string): Promise<LiveViewer> {
    const manifestUrl = await server.manifestUrl(streamId);
    const viewer = new LiveViewer(await PresentationClient.open(manifestUrl), manifestUrl);
    afterwards(t, () => viewer.stop());
    return viewer;
  }

  get violations(): readonly Violation[] {
    return this.client.violations;
  }

  get playlists(): readonly ParsedMediaPlaylist[] {
    return [...this.client.followers.values()].flatMap(({ newest }) => {
      const parsed = newest === undefined ? undefined : parseMediaPlaylist(newest);
      return parsed?.ok === true ? [parsed.value] : [];
    });
  }

  /** Newest complete segment that every rendition has. */
  get msn(): number {
    return Math.min(...this.playlists.map(lastMsn));
  }

  get ended(): boolean {
    return this.playlists.every(({ ended }) => ended);
  }

  /** Every rendition has `segments` more complete segments than now. */
  async advances(segments: number, deadlineMs = 30_000): Promise<void> {
    const from = this.msn;
    await eventually(`${segments} more segments after ${from}`, deadlineMs, () => {
      if (this.msn < from + segments) throw new Error(`at ${this.msn}; last failures: ${this.failures.slice(-3).join(' | ')}`);
      return true;
    });
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#following;
  }

  async #follow(follower: PlaylistFollower): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        const { playlist } = await follower.next(signal);
        if (playlist.ended) return;
      } catch (error) {
        if (signal.aborted) return;
        this.failures.push(error instanceof Error ? error.message : String(error));
        if (this.failures.length > KEPT_FAILURES) this.failures.shift();
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
