// A strict HLS client for probes and tests: follows one media playlist by blocking reload and holds every text it gets against the rules
// of @headend/manifest, including the rules between two fetches and between a delta update and the full playlist.

import {
  applyDeltaUpdate,
  lastMsn,
  type ParsedMediaPlaylist,
  parseMediaPlaylist,
  type Violation,
  validateDeltaUpdate,
  validateMediaPlaylist,
} from '@headend/manifest';

/** A playlist of an hour of two-second segments is about 200 kB. */
const MAX_PLAYLIST_CHARS = 4_000_000;

export type FetchedPlaylist = {
  readonly text: string;
  readonly playlist: ParsedMediaPlaylist;
  readonly headers: Headers;
  /** Milliseconds from request to the whole answer. */
  readonly tookMs: number;
};

export const fetchText = async (url: string, signal?: AbortSignal): Promise<{ readonly text: string; readonly headers: Headers }> => {
  const response = await fetch(url, signal === undefined ? {} : { signal });
  const text = await response.text();
  if (!response.ok)
    throw new Error(`${new URL(url).pathname.split('/').slice(-2).join('/')}: HTTP ${response.status} ${text.slice(0, 300)}`);
  if (text.length > MAX_PLAYLIST_CHARS) throw new Error('the playlist is longer than a player would take');
  return { text, headers: response.headers };
};

/** Sees every playlist text as it came, delta updates included: for a second opinion by another parser. */
export type TextListener = (text: string, url: string) => void;

export class PlaylistFollower {
  readonly url: string;
  readonly violations: Violation[] = [];
  readonly #onText: TextListener | undefined;
  #full: string | undefined;

  constructor(url: string, onText?: TextListener) {
    this.url = url;
    this.#onText = onText;
  }

  get newest(): string | undefined {
    return this.#full;
  }

  /** The whole playlist, as it is now. */
  async refresh(signal?: AbortSignal): Promise<FetchedPlaylist> {
    return this.#take(await this.#fetch('', signal));
  }

  /** Waits for the part after the newest one known. */
  async next(signal?: AbortSignal): Promise<FetchedPlaylist> {
    return this.#take(await this.#fetch(this.#nextDirectives(), signal));
  }

  /** The same by delta update; the answer is rebuilt from the copy held and validated as a full playlist. */
  async nextDelta(signal?: AbortSignal): Promise<FetchedPlaylist> {
    const fetched = await this.#fetch(`${this.#nextDirectives()}&_HLS_skip=YES`, signal);
    if (fetched.playlist.skippedSegments === undefined) return this.#take(fetched);
    const full = await this.#fetch('', signal);
    this.#violate(validateDeltaUpdate(fetched.text, full.text));
    const base = this.#full === undefined ? undefined : parseMediaPlaylist(this.#full);
    if (base?.ok && applyDeltaUpdate(base.value, fetched.playlist) === undefined) {
      this.#violate([
        { level: 'must', rule: 'delta-base', message: 'the delta update skips segments that the earlier playlist did not list' },
      ]);
    }
    return this.#take(full);
  }

  #nextDirectives(): string {
    const parsed = this.#full === undefined ? undefined : parseMediaPlaylist(this.#full);
    if (parsed === undefined || !parsed.ok) throw new Error('refresh() comes first');
    return `?_HLS_msn=${lastMsn(parsed.value) + 1}&_HLS_part=${parsed.value.open?.parts.length ?? 0}`;
  }

  async #fetch(query: string, signal?: AbortSignal): Promise<FetchedPlaylist> {
    const started = performance.now();
    const { text, headers } = await fetchText(`${this.url}${query}`, signal);
    this.#onText?.(text, `${this.url}${query}`);
    const parsed = parseMediaPlaylist(text);
    if (!parsed.ok) throw new Error(`not a media playlist: ${parsed.error.message}\n${text.slice(0, 500)}`);
    return { text, playlist: parsed.value, headers, tookMs: performance.now() - started };
  }

  #take(fetched: FetchedPlaylist): FetchedPlaylist {
    this.#violate(validateMediaPlaylist(fetched.text, this.#full === undefined ? {} : { previous: this.#full }));
    this.#full = fetched.text;
    return fetched;
  }

  #violate(found: readonly Violation[]): void {
    this.violations.push(...found);
  }
}
