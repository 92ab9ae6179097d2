// hls.js in low-latency mode (RFC 8216bis): blocking reloads, parts, delta updates, alternate audio. Loaded as a chunk of its own.
// The light build of hls.js has no alternate audio renditions, which Headend's separate audio tracks need; hence the full one.

import type HlsType from 'hls.js';
import type { ErrorData, Level, LoadPolicy } from 'hls.js';
import { patientPlaylistLoader } from './blocking-reload.ts';
import type { Engine, EngineHooks, EngineSnapshot, Quality } from './engine.ts';
import { AUTO_QUALITY } from './engine.ts';
import { formatHeight } from './format.ts';
import { withToken } from './playback-source.ts';
import { ReceiveMeter } from './receive-meter.ts';
import type { Fault } from './recovery.ts';

type HlsClass = typeof HlsType;

let loading: Promise<HlsClass> | null = null;

/** Fetches the library once; a page calls it early so that it arrives beside the first API answer. */
export function loadHlsLibrary(): Promise<HlsClass> {
  loading ??= import('hls.js').then((module) => module.default);
  loading.catch(() => {
    loading = null;
  });
  return loading;
}

/** Already-played media kept for short rewinds. */
const BACK_BUFFER_SECONDS = 30;
/** Read-ahead for viewers who watch behind the live edge. */
const MAX_BUFFER_SECONDS = 12;
/** For whatever is not held on purpose; blocking reloads have a policy of their own (blocking-reload.ts). */
const FIRST_BYTE_MS = 8_000;
const LOAD_MS = 15_000;
/** Bits per second assumed before anything was measured: picks a middle rung of a ladder instead of the lowest. */
const FIRST_BANDWIDTH_ESTIMATE = 4_000_000;

/** Short in-library retries; what survives them is a fault that the session handles, visibly. */
function loadPolicy(retries: number): { default: LoadPolicy['default'] } {
  return {
    default: {
      maxTimeToFirstByteMs: FIRST_BYTE_MS,
      maxLoadTimeMs: LOAD_MS,
      timeoutRetry: { maxNumRetry: 1, retryDelayMs: 0, maxRetryDelayMs: 0 },
      errorRetry: { maxNumRetry: retries, retryDelayMs: 300, maxRetryDelayMs: 2_000, backoff: 'exponential' },
    },
  };
}

export class HlsEngine implements Engine {
  readonly #hls: HlsType;
  readonly #video: HTMLVideoElement;
  readonly #meter = new ReceiveMeter();
  #ticketUrl = '';

  constructor(Hls: HlsClass, video: HTMLVideoElement, hooks: EngineHooks) {
    this.#video = video;
    this.#hls = new Hls({
      lowLatencyMode: true,
      // CMAF passes through nearly untouched: a worker would cost its start-up time and win nothing.
      enableWorker: false,
      startPosition: -1,
      startFragPrefetch: true,
      testBandwidth: false,
      abrEwmaDefaultEstimate: FIRST_BANDWIDTH_ESTIMATE,
      capLevelToPlayerSize: true,
      backBufferLength: BACK_BUFFER_SECONDS,
      maxBufferLength: MAX_BUFFER_SECONDS,
      maxMaxBufferLength: MAX_BUFFER_SECONDS * 2,
      liveDurationInfinity: true,
      // Rate and target are ours: see catch-up.ts.
      maxLiveSyncPlaybackRate: 1,
      liveSyncOnStallIncrease: 0,
      enableInterstitialPlayback: false,
      enableID3MetadataCues: false,
      enableEmsgMetadataCues: false,
      manifestLoadPolicy: loadPolicy(1),
      playlistLoadPolicy: loadPolicy(4),
      fragLoadPolicy: loadPolicy(3),
      pLoader: patientPlaylistLoader(Hls),
      xhrSetup: (xhr, url) => xhr.open('GET', withToken(url, this.#ticketUrl), true),
    });
    this.#listen(Hls, hooks);
    this.#hls.attachMedia(video);
  }

  #listen(Hls: HlsClass, hooks: EngineHooks): void {
    const { Events, ErrorTypes } = Hls;
    this.#hls.on(Events.ERROR, (_event, data) => {
      if (data.fatal) hooks.onFault(toFault(data, ErrorTypes.MEDIA_ERROR, ErrorTypes.NETWORK_ERROR));
    });
    this.#hls.on(Events.FRAG_LOADED, (_event, data) => {
      const stats = (data.part ?? data.frag).stats;
      this.#meter.add(performance.now(), stats.loaded, stats.loading.end - stats.loading.start, data.part !== null);
    });
    this.#hls.on(Events.FRAG_BUFFERED, (_event, data) => data.frag.type === 'main' && hooks.onProgress());
    this.#hls.on(Events.MANIFEST_PARSED, () => hooks.onQualities());
    this.#hls.on(Events.LEVEL_SWITCHED, () => hooks.onQualities());
  }

  load(url: string): void {
    this.#ticketUrl = url;
    this.#meter.reset(performance.now());
    this.#hls.loadSource(url);
  }

  renew(url: string): void {
    this.#ticketUrl = url;
  }

  resume(): void {
    this.#hls.startLoad();
  }

  resetMedia(): void {
    this.#hls.recoverMediaError();
  }

  snapshot(): EngineSnapshot {
    const details = this.#hls.latestLevelDetails;
    const date = this.#hls.playingDate;
    const edge = details === null ? null : details.edge + details.age;
    return {
      transport: details !== null && details.partTarget > 0 ? 'LL-HLS' : 'HLS',
      live: details?.live ?? true,
      remaining: details === null || details.live ? null : details.edge - this.#video.currentTime,
      wallLatency: date === null ? null : (Date.now() - date.getTime()) / 1000,
      edgeLatency: edge === null ? null : edge - this.#video.currentTime,
      targetLatency: this.#hls.targetLatency,
      livePosition: this.#hls.liveSyncPosition,
      windowStart: details?.fragmentStart ?? null,
      bitrate: this.#meter.bitrate(performance.now()),
      partLoads: this.#meter.parts,
      lastLoadMs: this.#meter.lastLoadMs,
    };
  }

  qualities(): readonly Quality[] {
    const levels = this.#hls.levels;
    return levels.map((level, id) => ({ id, label: levelLabel(level, levels) })).reverse();
  }

  quality(): number {
    return this.#hls.autoLevelEnabled ? AUTO_QUALITY : this.#hls.nextLevel;
  }

  setQuality(id: number): void {
    this.#hls.nextLevel = id;
  }

  destroy(): void {
    this.#hls.destroy();
  }
}

function levelLabel(level: Level, all: readonly Level[]): string {
  const height = formatHeight(level.width, level.height);
  const twins = all.filter((other) => other.height === level.height);
  if (twins.length < 2) return height;
  const sameRate = twins.every((other) => Math.round(other.frameRate) === Math.round(level.frameRate));
  return sameRate ? `${height} ${(level.bitrate / 1_000_000).toFixed(1)} Mb/s` : `${height}${Math.round(level.frameRate)}`;
}

/** hls.js details that no retry can cure: the browser lacks a decoder. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  'manifestIncompatibleCodecsError',
  'bufferAddCodecError',
  'bufferIncompatibleCodecsError',
]);

function toFault(data: ErrorData, mediaType: string, networkType: string): Fault {
  const details: string = data.details;
  const code = details.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  if (UNSUPPORTED.has(details)) return { kind: 'unsupported', code, status: 0 };
  if (details.endsWith('TimeOut')) return { kind: 'silence', code, status: 0 };
  // Anything that is neither (a parsing or internal exception) is treated like a network fault: loading again is the only cure.
  const kind = data.type === mediaType && data.type !== networkType ? 'media' : 'network';
  return { kind, code, status: data.response?.code ?? 0 };
}
