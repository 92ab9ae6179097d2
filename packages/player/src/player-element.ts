// <headend-player>: the web component. Give it a `source` (or the attribute `src` or `channel`), it plays, recovers and tells.
// Events: `headend-state` (PlayerStateDetail), `headend-stats` (PlayerStats, once a second), `headend-theatre` (boolean).
// Attributes: src (a manifest), channel (an id; followed at the API of `api`, an origin), poster, hotkeys (keys work on the whole page), has-theatre (the page offers a theatre layout), theatre.
// Left out: DASH and WHEP, which come with their own engines.

import { ChannelWatch, type OnAir } from './channel-watch.ts';
import { Commands, togglePictureInPicture } from './commands.ts';
import type { Engine } from './engine.ts';
import { listenKeys, type PlayerCommand } from './keyboard.ts';
import { bufferAhead, LiveEdge } from './live-edge.ts';
import { announceMediaSession, clearMediaSession } from './media-session.ts';
import type { PlaybackSource } from './playback-source.ts';
import { type PlayerEvent, type PlayerState, transition } from './player-state.ts';
import { readVolume } from './preferences.ts';
import { PlaybackSession } from './session.ts';
import { Skin } from './skin.ts';
import { chipText, collectStats, type PlayerStats } from './stats.ts';
import { strings } from './strings.ts';
import { type Viewing, ViewingClock } from './viewing-clock.ts';

export type PlayerStateDetail = {
  readonly state: PlayerState;
  readonly previous: PlayerState;
  readonly sessionId: string | null;
  readonly streamId: string | null;
};

const TICK_MS = 250;
const TICKS_PER_STATS = 4;

export class HeadendPlayer extends HTMLElement {
  static readonly observedAttributes = ['src', 'channel', 'api', 'poster', 'theatre'];

  readonly video: HTMLVideoElement;
  readonly #skin: Skin;
  readonly #edge: LiveEdge;
  readonly #viewing: ViewingClock;
  readonly #commands: Commands;
  #state: PlayerState = { kind: 'idle' };
  #session: PlaybackSession | null = null;
  #stats: PlayerStats | null = null;
  #interrupted = false;
  #soundRefused = false;
  #ticks = 0;
  #timer: number | undefined;
  #connected: AbortController | null = null;
  #watch: ChannelWatch | null = null;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    this.#skin = new Skin(this, root, {
      onCommand: (command) => this.command(command),
      onVolume: (volume) => this.#commands.setVolume(volume, false),
      onSeek: (seconds) => this.#commands.seekTo((this.#engine?.snapshot().windowStart ?? 0) + seconds),
      onQuality: (id) => this.#engine?.setQuality(id),
      onPip: () => void togglePictureInPicture(this.video),
      onAction: () => this.retry(),
      onSound: () => this.#commands.setVolume(this.video.volume || 1, false),
    });
    this.video = this.#skin.video;
    this.#edge = new LiveEdge(this.video);
    this.#viewing = new ViewingClock(this.video);
    this.#commands = new Commands({
      host: this,
      video: this.video,
      edge: this.#edge,
      engine: () => this.#engine,
      onChange: () => this.#render(),
      onRefused: () => this.#dispatch({ type: 'pause' }),
      onStatistics: () => this.#skin.stats.toggle(),
    });
    const { volume, muted } = readVolume();
    this.video.volume = volume;
    this.video.muted = muted;
    this.#listenVideo();
  }

  get state(): PlayerState {
    return this.#state;
  }

  /** The figures of the last second, null before the first. */
  get stats(): PlayerStats | null {
    return this.#stats;
  }

  get source(): PlaybackSource | null {
    return this.#session?.source ?? null;
  }

  set source(source: PlaybackSource | null) {
    if (source === this.source) return;
    this.#close();
    if (source === null) {
      this.#dispatch({ type: 'unload' });
      return;
    }
    this.#skin.setPoster(source.poster ?? this.getAttribute('poster'));
    this.#edge.reset();
    this.#viewing.start();
    this.#dispatch({ type: 'load' });
    this.#session = new PlaybackSession(this.video, source, {
      onEvent: (event) => this.#dispatch(event),
      onQualities: () => this.#showQualities(),
    });
    announceMediaSession(source, (command) => this.command(command));
    this.#session.start();
  }

  /** The page knows that the broadcaster's connection dropped: say so instead of only buffering. */
  set interrupted(interrupted: boolean) {
    this.#interrupted = interrupted;
    this.#render();
  }

  /** Try now: cuts a countdown short, or starts over after an error. */
  retry(): void {
    if (this.#state.kind === 'lost') this.#session?.retryNow();
    else this.#session?.restart();
  }

  goLive(): void {
    this.#commands.run('go-live');
  }

  /** Carries out what a key, a button or the operating system asked for. */
  command(command: PlayerCommand): void {
    this.#commands.run(command);
  }

  connectedCallback(): void {
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    this.tabIndex = 0;
    this.setAttribute('role', 'region');
    this.setAttribute('aria-label', strings.player);
    const keys: EventTarget = this.hasAttribute('hotkeys') ? document : this;
    listenKeys(keys, (command) => this.command(command), signal);
    document.addEventListener('fullscreenchange', () => this.#render(), { signal });
    this.#timer = window.setInterval(() => this.#tick(), TICK_MS);
    this.#followChannel();
    this.#render();
  }

  disconnectedCallback(): void {
    this.#connected?.abort();
    window.clearInterval(this.#timer);
    this.#watch?.close();
    this.#close();
    this.#skin.close();
    this.#dispatch({ type: 'unload' });
  }

  attributeChangedCallback(name: string, _previous: string | null, value: string | null): void {
    if (name === 'poster') this.#skin.setPoster(value);
    else if (name === 'theatre') this.#render();
    else if (name === 'channel' || name === 'api') this.#followChannel();
    else if (value === null) this.source = null;
    else this.source = { streamId: value, getPlayback: async () => ({ hls: value, expiresAt: null }) };
  }

  #followChannel(): void {
    this.#watch?.close();
    this.#watch = null;
    const channel = this.getAttribute('channel');
    if (!this.isConnected || channel === null) return;
    this.#watch = new ChannelWatch(this.getAttribute('api') ?? '', channel, (onAir) => this.#onAir(onAir));
  }

  #onAir(onAir: OnAir | null): void {
    if (onAir !== null) {
      this.interrupted = onAir.interrupted;
      const again = onAir.source === this.source && this.#state.kind === 'offline';
      if (again) this.retry();
      else this.source = onAir.source;
    } else if (this.#state.kind === 'idle') {
      // A stream that just ended plays out what is buffered; only a player that shows nothing says "not on air" here.
      this.#dispatch({ type: 'load' });
      this.#dispatch({ type: 'offline' });
    }
  }

  get #engine(): Engine | null {
    return this.#session?.engine ?? null;
  }

  #close(): void {
    this.#session?.close();
    this.#session = null;
    this.#stats = null;
    clearMediaSession();
  }

  #listenVideo(): void {
    const video = this.video;
    let playedBefore = false;
    video.addEventListener('waiting', () => {
      if (this.#state.kind === 'playing' && !video.seeking) this.#edge.stalled(performance.now());
      this.#dispatch({ type: 'waiting' });
    });
    video.addEventListener('pause', () => {
      // The end of a stream pauses the element, too.
      if (video.ended) return;
      playedBefore = true;
      this.#dispatch({ type: 'pause' });
    });
    video.addEventListener('play', () => {
      if (playedBefore && this.#engine !== null) this.#edge.reconsider(this.#engine);
      this.#render();
    });
    video.addEventListener('volumechange', () => {
      // Muted without the viewer's doing: the browser refused sound.
      this.#soundRefused = video.muted && !readVolume().muted;
      this.#render();
    });
    video.addEventListener('loadeddata', () => this.#render());
    video.addEventListener('resize', () => this.#render());
  }

  #dispatch(event: PlayerEvent): void {
    const previous = this.#state;
    const state = transition(previous, event);
    const same = state === previous || (state.kind === previous.kind && state.kind !== 'lost' && state.kind !== 'error');
    this.#state = state;
    this.#viewing.state(state, performance.now());
    this.#render();
    if (same) return;
    const detail: PlayerStateDetail = {
      state,
      previous,
      sessionId: this.#session?.id ?? null,
      streamId: this.#session?.source.streamId ?? null,
    };
    this.dispatchEvent(new CustomEvent('headend-state', { detail, bubbles: true, composed: true }));
  }

  #tick(): void {
    const engine = this.#engine;
    if (this.#state.kind === 'lost') this.#render();
    if (engine === null) return;
    this.#edge.tick(engine, performance.now());
    this.#session?.tick(performance.now());
    this.#ticks += 1;
    if (this.#ticks % TICKS_PER_STATS === 0) this.#publishStats(engine);
    this.#render();
  }

  #publishStats(engine: Engine): void {
    const session = this.#session;
    if (session === null || this.video.readyState === 0) return;
    const viewing: Viewing = this.#viewing.read(performance.now());
    this.#stats = collectStats(engine, this.video, {
      ...viewing,
      sessionId: session.id,
      streamId: session.source.streamId,
      following: this.#edge.following,
      bufferSeconds: bufferAhead(this.video),
      targetLatency: this.#edge.target(engine),
    });
    this.#skin.stats.show(this.#stats);
    this.dispatchEvent(new CustomEvent('headend-stats', { detail: this.#stats, bubbles: true, composed: true }));
  }

  #render(): void {
    this.#skin.show({
      state: this.#state,
      interrupted: this.#interrupted,
      soundRefused: this.#soundRefused,
      ...this.#edge.position(this.#engine),
      chip: this.#stats === null ? null : chipText(this.#stats),
    });
  }

  #showQualities(): void {
    const engine = this.#engine;
    if (engine !== null) this.#skin.controls.setQualities(engine.qualities(), engine.quality());
  }
}
