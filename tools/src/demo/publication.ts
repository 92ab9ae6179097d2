// What the demo needs from an RTMP connection, and one publication over it that can move to another connection: a server that asks
// for a reconnect keeps getting frames on the old connection until the new one stands and a keyframe comes.

import { type FlvOutput, type Frame, flvFrame, flvSequenceHeader, type Track } from '@headend/media';

/** The server will not take this signal, now or later (a wrong key, say): trying again is pointless. */
export class PublishRefused extends Error {
  override readonly name = 'PublishRefused';
}

/** How a connection ended; `refusal` when the server said that it wants no more. */
export type ConnectionEnd = { readonly message: string; readonly refusal?: PublishRefused };

export interface PublishConnection {
  /** False when the network is behind; `drained` resolves when it has caught up. */
  send(message: FlvOutput): boolean;
  drained(): Promise<void>;
  /** Resolves when the connection is over, for whatever reason. */
  readonly ended: Promise<ConnectionEnd>;
  /** Called when the server asks to move, with the URL if it names another one. */
  onMoveRequested(listener: (url: string | undefined) => void): void;
  /** Says goodbye. Idempotent. */
  close(): Promise<void>;
}

/** Opens a connection that is ready for media; rejects with PublishRefused when there is no point in another try. */
export type OpenConnection = (tracks: readonly Track[], signal: AbortSignal, url?: string) => Promise<PublishConnection>;

/** A network that is behind for this much media gets no more until it has caught up and a keyframe comes: late pictures help nobody. */
const MAX_BEHIND_MS = 2000;
/** One track of each kind, in the layout of a single track. */
const TRACK_INDEX = 0;

export class Publication {
  readonly #tracks: ReadonlyMap<number, Track>;
  readonly #open: OpenConnection;
  readonly #signal: AbortSignal;
  readonly #finished = Promise.withResolvers<ConnectionEnd>();
  #current: PublishConnection;
  #next: PublishConnection | undefined;
  #closed = false;
  #needsConfig = true;
  #waitsForKey = true;
  #behindSinceMs: number | undefined;
  #bytesSent = 0;
  #framesDropped = 0;

  private constructor(connection: PublishConnection, tracks: readonly Track[], open: OpenConnection, signal: AbortSignal) {
    this.#tracks = new Map(tracks.map((track) => [track.id, track]));
    this.#open = open;
    this.#signal = signal;
    this.#current = connection;
    this.#watch(connection);
  }

  static async start(tracks: readonly Track[], open: OpenConnection, signal: AbortSignal): Promise<Publication> {
    return new Publication(await open(tracks, signal), tracks, open, signal);
  }

  get bytesSent(): number {
    return this.#bytesSent;
  }

  /** Frames left out because the network was behind. */
  get framesDropped(): number {
    return this.#framesDropped;
  }

  /** Resolves when the connection in use is over. */
  get ended(): Promise<ConnectionEnd> {
    return this.#finished.promise;
  }

  #watch(connection: PublishConnection): void {
    void connection.ended.then((end) => {
      if (connection === this.#next) this.#next = undefined;
      if (connection === this.#current) this.#finished.resolve(end);
    });
    connection.onMoveRequested((url) => void this.#prepareMove(url));
  }

  /** A move that fails leaves us where we are; the server closes the old connection when it must, and then we reconnect. */
  async #prepareMove(url: string | undefined): Promise<void> {
    if (this.#next !== undefined || this.#closed) return;
    const next = await this.#open([...this.#tracks.values()], this.#signal, url).catch(() => undefined);
    if (next === undefined) return;
    if (this.#closed || this.#next !== undefined) return next.close();
    this.#next = next;
    this.#watch(next);
  }

  send(frame: Frame): void {
    const track = this.#tracks.get(frame.trackId);
    if (track === undefined) return;
    const starts = track.kind === 'video' && frame.key;
    if (starts) this.#moveIfReady();
    const message = flvFrame(track, frame, TRACK_INDEX);
    if (this.#behindSinceMs !== undefined && message.timestampMs - this.#behindSinceMs > MAX_BEHIND_MS) this.#waitsForKey = true;
    if (this.#waitsForKey && !(starts && this.#behindSinceMs === undefined)) {
      this.#framesDropped += 1;
      return;
    }
    this.#waitsForKey = false;
    if (this.#needsConfig) {
      this.#needsConfig = false;
      for (const each of this.#tracks.values()) {
        const header = flvSequenceHeader(each, TRACK_INDEX, message.timestampMs);
        if (header !== undefined) this.#write(header);
      }
    }
    this.#write(message);
  }

  #moveIfReady(): void {
    if (this.#next === undefined) return;
    const old = this.#current;
    this.#current = this.#next;
    this.#next = undefined;
    this.#needsConfig = true;
    this.#behindSinceMs = undefined;
    void old.close();
  }

  #write(message: FlvOutput): void {
    this.#bytesSent += message.body.length;
    const connection = this.#current;
    if (connection.send(message) || this.#behindSinceMs !== undefined) return;
    this.#behindSinceMs = message.timestampMs;
    void connection.drained().then(() => {
      if (connection === this.#current) this.#behindSinceMs = undefined;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#current.close(), this.#next?.close()]);
  }
}
