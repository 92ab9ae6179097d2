// What the origin's tests share: a virtual clock, a synthetic encoder that calls the sink as a packager does, and playlist checks.

import assert from 'node:assert/strict';
import { AppError, err, type Millis, millis, ok, ticks, timescale, wallMs } from '@headend/core';
import { type Violation, validateDeltaUpdate, validateMediaPlaylist, validateMultivariant, validatePresentation } from '@headend/manifest';
import type { AudioTrack, Track, VideoTrack } from '@headend/media';
import * as hlsParser from 'hls-parser';
import type { PackageSink, PresentationPlan } from '../packager/index.ts';
import type { LivePresentation } from './live-presentation.ts';
import type { Clock, PlaybackTokens } from './ports.ts';

/** This parser counts three segments where the draft says three target durations; our own validator counts seconds. */
const COUNTS_SEGMENTS = 'greater than three target durations from the end of the Playlist';

/** Strict, so that what the parser would only print becomes an exception. */
const parseIndependently = (text: string): void => {
  hlsParser.setOptions({ strictMode: true });
  try {
    hlsParser.parse(text);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes(COUNTS_SEGMENTS))) throw error;
    hlsParser.setOptions({ strictMode: false, silent: true });
    hlsParser.parse(text);
  }
};

export class VirtualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Map<number, { at: number; fn: () => void }>();
  #nextTimer = 0;
  readonly epochMs = Date.UTC(2026, 0, 1);

  now() {
    return wallMs(this.epochMs + this.#nowMs);
  }

  monotonic() {
    return millis(this.#nowMs);
  }

  setTimer(afterMs: Millis, fn: () => void) {
    const id = this.#nextTimer++;
    this.#timers.set(id, { at: this.#nowMs + afterMs, fn });
    return () => {
      this.#timers.delete(id);
    };
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  advance(byMs: number): void {
    const until = this.#nowMs + byMs;
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= until).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due[0]);
      this.#nowMs = due[1].at;
      due[1].fn();
    }
    this.#nowMs = until;
  }
}

export const videoTrack: VideoTrack = {
  id: 1,
  kind: 'video',
  codec: 'h264',
  timescale: timescale(90_000),
  config: new Uint8Array([1]),
  codecString: 'avc1.64001F',
  width: 1280,
  height: 720,
  frameRate: 25,
};

export const audioTrack: AudioTrack = {
  id: 2,
  kind: 'audio',
  codec: 'aac',
  timescale: timescale(48_000),
  config: new Uint8Array([2]),
  codecString: 'mp4a.40.2',
  sampleRate: 48_000,
  channels: 2,
  frameSamples: 1024,
};

type Shape = { readonly track: Track; readonly partTicks: number; readonly partTargetMs: number };

const shapes: Readonly<Record<string, Shape>> = {
  v0: { track: videoTrack, partTicks: 18_000, partTargetMs: 200 },
  a0: { track: audioTrack, partTicks: 9216, partTargetMs: 213.3333333333 },
};

const shapeOf = (id: string): Shape => {
  const shape = shapes[id];
  assert.ok(shape);
  return shape;
};

/** Bytes that tell which rendition, segment and part they are, padded to a size. */
export const bytesOf = (id: string, msn: number, part: number, size = 64): Uint8Array => {
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(`${id}/${msn}.${part};`));
  return bytes;
};

export const initOf = (id: string): Uint8Array => new TextEncoder().encode(`init of ${id}`);

export const planOf = (ids: readonly string[], targetDurationSeconds = 2): PresentationPlan => ({
  targetDurationSeconds,
  renditions: ids.map((id) => {
    const { track, partTargetMs } = shapeOf(id);
    return { id, track, partTargetMs: millis(partTargetMs), bandwidth: 2_000_000, averageBandwidth: 1_500_000 };
  }),
});

/** Calls a sink the way a packager does: parts while a segment is open; last part, close and next open in one go. */
export class SyntheticEncoder {
  readonly sink: PackageSink;
  readonly ids: readonly string[];
  readonly partSize: number;
  #msn: number;
  #part = 0;
  #initIndex = 0;
  #mediaMs = 0;
  readonly #clock: VirtualClock;

  constructor(
    sink: PackageSink,
    clock: VirtualClock,
    options: { ids?: readonly string[]; msn?: number; initIndex?: number; partSize?: number; mediaMs?: number } = {},
  ) {
    this.sink = sink;
    this.#clock = clock;
    this.ids = options.ids ?? ['v0', 'a0'];
    this.#msn = options.msn ?? 0;
    this.#initIndex = options.initIndex ?? 0;
    this.partSize = options.partSize ?? 64;
    this.#mediaMs = options.mediaMs ?? 0;
  }

  get msn(): number {
    return this.#msn;
  }

  start(discontinuity = false): void {
    this.sink.begin(planOf(this.ids));
    this.#inits();
    this.#open(discontinuity);
  }

  #inits(): void {
    for (const id of this.ids) this.sink.init(id, this.#initIndex, shapeOf(id).track, initOf(id));
  }

  #open(discontinuity: boolean): void {
    for (const id of this.ids) {
      const { track } = shapeOf(id);
      this.sink.openSegment(id, {
        msn: this.#msn,
        initIndex: this.#initIndex,
        discontinuity,
        programDateTime: wallMs(this.#clock.epochMs + this.#mediaMs),
        startTicks: ticks(Math.round((this.#mediaMs * track.timescale) / 1000)),
      });
    }
    this.#part = 0;
  }

  /** One part in every rendition; time passes by its length first. */
  part(options: { gap?: boolean; independent?: boolean; advance?: boolean } = {}): void {
    if (options.advance !== false) this.#clock.advance(200);
    this.#mediaMs += 200;
    for (const id of this.ids) {
      const { partTicks } = shapeOf(id);
      const gap = options.gap ?? false;
      this.sink.part(id, {
        msn: this.#msn,
        part: this.#part,
        durationTicks: ticks(partTicks),
        independent: options.independent ?? (this.#part === 0 || id === 'a0'),
        gap,
        bytes: gap ? new Uint8Array(0) : bytesOf(id, this.#msn, this.#part, this.partSize),
      });
    }
    this.#part += 1;
  }

  close(): void {
    for (const id of this.ids) this.sink.closeSegment(id, this.#msn, ticks(shapeOf(id).partTicks * this.#part));
    this.#msn += 1;
  }

  /** Close and open, as at a keyframe. */
  cut(): void {
    this.close();
    this.#open(false);
  }

  /** The encoder left and came back: new init segments, a discontinuity. */
  interrupt(awayMs: number): void {
    if (this.#part > 0) this.close();
    this.#clock.advance(awayMs);
    this.#mediaMs += awayMs;
    this.#initIndex += 1;
    this.#inits();
    this.#open(true);
  }

  /** Whole segments of ten parts. */
  segments(count: number): void {
    for (let i = 0; i < count; i++) {
      for (let part = 0; part < 10; part++) this.part();
      this.cut();
    }
  }
}

export const noViolations = (violations: readonly Violation[], context = ''): void => {
  assert.deepEqual(violations, [], `${violations.map(({ rule, message }) => `${rule}: ${message}`).join('\n')}\n${context}`);
};

/** Every playlist of a presentation, as a client would check it; returns the full texts for the next comparison. */
export const checkPlaylists = (presentation: LivePresentation, previous: ReadonlyMap<string, string> = new Map()): Map<string, string> => {
  const texts = new Map<string, string>();
  if (!presentation.playable) return texts;
  const manifest = presentation.manifest().text;
  noViolations(validateMultivariant(manifest), manifest);
  parseIndependently(manifest);
  for (const rendition of presentation.renditions) {
    if (!rendition.playable) continue;
    const { text } = presentation.playlist(rendition, false);
    const before = previous.get(rendition.id);
    noViolations(validateMediaPlaylist(text, before === undefined ? {} : { previous: before }), `${before}\n---\n${text}`);
    if (!rendition.hasEnded(presentation)) noViolations(validateDeltaUpdate(presentation.playlist(rendition, true).text, text));
    parseIndependently(text);
    texts.set(rendition.id, text);
  }
  if (presentation.renditions.every(({ playable }) => playable)) noViolations(validatePresentation(texts));
  return texts;
};

export const testTokens: PlaybackTokens = {
  verify(token, now) {
    const [streamId = '', viewerSession = '', expires = ''] = token.split('~');
    if (viewerSession === '') return err(new AppError('playback_token_invalid'));
    const expiresAt = wallMs(Number(expires));
    return expiresAt <= now ? err(new AppError('playback_token_expired')) : ok({ streamId, viewerSession, expiresAt });
  },
};

export const tokenFor = (streamId: string, session = 'viewer', expiresAt = Date.UTC(2027, 0, 1)): string =>
  `${streamId}~${session}~${expiresAt}`;
