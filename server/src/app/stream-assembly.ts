// What hangs on each stream: a Source in the hub, a packager that subscribes to it, a presentation in the origin. Control decides when
// a stream is open, live or ended; this file makes the media side follow.

import { AppError, millis } from '@headend/core';
import type { Control, RenditionRecord } from '../control/index.ts';
import type { Publishers } from '../ingest/index.ts';
import { LiveHub, type Source } from '../live/index.ts';
import type { Log, Metrics, RateLimitedLog } from '../observe/index.ts';
import type { Origin } from '../origin/index.ts';
import { Packager, type PresentationPlan, type RenditionPlan } from '../packager/index.ts';
import type { Config } from './config.ts';

/** Viewers who are behind see an ended stream to its end; then its window of segments leaves memory and disk. */
const KEEP_ENDED_MS = 10 * 60_000;

export type StreamAssemblyDeps = {
  readonly config: Config;
  readonly control: Control;
  readonly origin: Origin;
  readonly publishers: Publishers;
  readonly log: Log;
  readonly rateLimitedLog: RateLimitedLog;
  readonly metrics: Metrics;
};

export class StreamAssembly {
  readonly hub: LiveHub;
  readonly #deps: StreamAssemblyDeps;
  readonly #running = new Map<string, Promise<void>>();
  readonly #detach: () => void;

  constructor(deps: StreamAssemblyDeps) {
    this.#deps = deps;
    this.hub = new LiveHub({ opened: (source) => this.#opened(source), dropped: (name, frames) => this.#dropped(name, frames) });
    this.#detach = deps.control.streams.on({
      stopRequested: (streamId) => deps.publishers.endStream(streamId, new AppError('stream_stopped')),
      streamEnded: (stream) => this.#ended(stream.id),
    });
  }

  /** Open segments are closed and handed to the origin; the streams themselves may go on after a restart. */
  async close(): Promise<void> {
    this.#detach();
    this.hub.shutdown();
    await Promise.all(this.#running.values());
  }

  #opened(source: Source): void {
    const { config, control, origin, publishers, log } = this.#deps;
    const { streamId } = source;
    const presentation = origin.open(streamId);
    const packager = new Packager(presentation, {
      segmentTargetMs: millis(config.packager.segmentTargetMs),
      partTargetMs: millis(config.packager.partTargetMs),
      resume: presentation.resumePoint,
      onPlan: (plan) => this.#record(streamId, plan),
      onPlayable: () => control.gate.live(streamId),
    });
    const run = packager
      .run(source.subscribe('packager'))
      .catch((error: unknown) => {
        // A bug of ours in this stream's media: the stream ends, the process and the other streams go on.
        log.error({ stream: streamId, err: error }, 'packager failed');
        publishers.endStream(streamId, new AppError('internal'));
        presentation.end();
      })
      .finally(() => this.#running.delete(streamId));
    this.#running.set(streamId, run);
  }

  /** What the API tells about a stream's renditions. Losing it harms nobody who watches. */
  #record(streamId: string, plan: PresentationPlan): void {
    this.#deps.control.renditions
      .replace(
        streamId,
        plan.renditions.map((rendition) => renditionRecord(streamId, rendition)),
      )
      .catch((error: unknown) => {
        this.#deps.log.warn({ stream: streamId, err: error }, 'the renditions could not be recorded');
      });
  }

  /** Takes up what a previous run left on disk: presentations of streams that have ended since are kept for their usual time. */
  adopt(streamIds: readonly string[]): void {
    for (const streamId of streamIds) {
      if (this.#deps.control.streams.get(streamId) === undefined) this.#ended(streamId);
    }
  }

  #ended(streamId: string): void {
    // A stream that was recovered after a restart has a presentation, but nobody published to it since.
    if (this.hub.get(streamId) === undefined) this.#deps.origin.get(streamId)?.end();
    this.hub.end(streamId);
    this.#deps.control.clock.after(KEEP_ENDED_MS, () => {
      this.#deps.origin.remove(streamId).catch((error: unknown) => {
        this.#deps.log.warn({ stream: streamId, err: error }, 'the files of an ended stream could not be removed');
      });
    });
  }

  #dropped(name: string, frames: number): void {
    this.#deps.metrics.count('headend_hub_dropped_frames_total', frames, { subscriber: name });
    this.#deps.rateLimitedLog(`hub-dropped:${name}`, (suppressed) =>
      this.#deps.log.warn({ subscriber: name, frames, suppressed }, 'a subscriber is too slow; frames were skipped to the next keyframe'),
    );
  }
}

const renditionRecord = (streamId: string, { id, track, averageBandwidth, keyframeIntervalSeconds }: RenditionPlan): RenditionRecord => ({
  streamId,
  profile: id,
  codec: track.codecString,
  bitrate: averageBandwidth,
  resolution: track.kind === 'video' ? `${track.width}x${track.height}` : '',
  keyframeInterval: keyframeIntervalSeconds ?? 0,
});
