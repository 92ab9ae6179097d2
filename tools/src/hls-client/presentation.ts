// The multivariant playlist and a follower for each of its media playlists.

import {
  type MultivariantPlaylist,
  parseMultivariant,
  type Violation,
  validateMultivariant,
  validatePresentation,
} from '@headend/manifest';
import { fetchText, PlaylistFollower, type TextListener } from './playlist-follower.ts';

export class PresentationClient {
  readonly multivariant: MultivariantPlaylist;
  readonly text: string;
  readonly #violations: Violation[];
  readonly followers: ReadonlyMap<string, PlaylistFollower>;

  private constructor(url: string, text: string, multivariant: MultivariantPlaylist, onText: TextListener | undefined) {
    this.text = text;
    this.multivariant = multivariant;
    this.#violations = [...validateMultivariant(text)];
    const uris = [
      ...multivariant.variants.map(({ uri }) => uri),
      ...multivariant.audio.flatMap(({ uri }) => (uri === undefined ? [] : [uri])),
    ];
    this.followers = new Map([...new Set(uris)].map((uri) => [uri, new PlaylistFollower(new URL(uri, url).href, onText)]));
  }

  static async open(manifestUrl: string, signal?: AbortSignal, onText?: TextListener): Promise<PresentationClient> {
    const { text } = await fetchText(manifestUrl, signal);
    onText?.(text, manifestUrl);
    const parsed = parseMultivariant(text);
    if (!parsed.ok) throw new Error(`not a multivariant playlist: ${parsed.error.message}\n${text.slice(0, 500)}`);
    const client = new PresentationClient(manifestUrl, text, parsed.value, onText);
    for (const follower of client.followers.values()) await follower.refresh(signal);
    client.compare();
    return client;
  }

  /** Holds the newest texts of all renditions against each other. */
  compare(): void {
    const texts = [...this.followers].flatMap(([uri, { newest }]) => (newest === undefined ? [] : [[uri, newest] as const]));
    this.#violations.push(...validatePresentation(new Map(texts)));
  }

  get violations(): readonly Violation[] {
    return [...this.#violations, ...[...this.followers.values()].flatMap(({ violations }) => violations)];
  }
}
