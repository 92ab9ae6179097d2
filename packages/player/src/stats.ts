// The figures of one viewing, once a second: for the statistics panel, the latency chip and quality-of-experience beacons.

import type { Engine, EngineSnapshot } from './engine.ts';
import { formatBitrate, formatHeight, formatLatency, formatMillis } from './format.ts';
import { strings } from './strings.ts';

export type PlayerStats = {
  readonly sessionId: string;
  readonly streamId: string;
  readonly transport: EngineSnapshot['transport'];
  /** Seconds behind the wallclock where the stream tells it, else behind the playlist's edge. */
  readonly latency: number | null;
  readonly latencySource: 'program-date-time' | 'playlist-edge';
  readonly targetLatency: number | null;
  readonly bufferSeconds: number;
  readonly playbackRate: number;
  readonly following: boolean;
  readonly width: number;
  readonly height: number;
  /** Bits per second received. */
  readonly bitrate: number | null;
  readonly droppedFrames: number;
  readonly totalFrames: number;
  readonly stalls: number;
  readonly stalledMs: number;
  readonly partLoads: number;
  readonly lastLoadMs: number | null;
  /** From load() to the first frame on screen. */
  readonly firstFrameMs: number | null;
};

export type StatsCounters = {
  readonly sessionId: string;
  readonly streamId: string;
  readonly stalls: number;
  readonly stalledMs: number;
  readonly firstFrameMs: number | null;
  readonly following: boolean;
  readonly bufferSeconds: number;
  readonly targetLatency: number | null;
};

/** A viewer's clock that is off shows as a wall latency that cannot be: then the playlist's edge is the better witness. */
const MAX_CLOCK_SURPLUS_SECONDS = 30;

export function collectStats(engine: Engine, video: HTMLVideoElement, counters: StatsCounters): PlayerStats {
  const now = engine.snapshot();
  const wall = plausible(now.wallLatency, now.edgeLatency);
  const frames = video.getVideoPlaybackQuality();
  return {
    ...counters,
    transport: now.transport,
    latency: wall ?? now.edgeLatency,
    latencySource: wall === null ? 'playlist-edge' : 'program-date-time',
    playbackRate: video.playbackRate,
    width: video.videoWidth,
    height: video.videoHeight,
    bitrate: now.bitrate,
    droppedFrames: frames.droppedVideoFrames,
    totalFrames: frames.totalVideoFrames,
    partLoads: now.partLoads,
    lastLoadMs: now.lastLoadMs,
  };
}

function plausible(wall: number | null, edge: number | null): number | null {
  if (wall === null || wall < 0) return null;
  return edge !== null && wall - edge > MAX_CLOCK_SURPLUS_SECONDS ? null : wall;
}

export function chipText(stats: PlayerStats): { readonly latency: string; readonly more: string } {
  const picture = stats.height > 0 ? ` · ${formatHeight(stats.width, stats.height)}` : '';
  return { latency: formatLatency(stats.latency), more: ` · ${stats.transport}${picture}` };
}

/** Rows of the panel, in order: label and figure. */
export function statsRows(stats: PlayerStats): readonly (readonly [string, string])[] {
  const words = strings.stats;
  return [
    [words.transport, stats.transport],
    [words.latency, formatLatency(stats.latency)],
    [words.target, formatLatency(stats.targetLatency)],
    [words.buffer, `${stats.bufferSeconds.toFixed(2)} s`],
    [words.rate, `${stats.playbackRate.toFixed(2)}×`],
    [words.resolution, stats.height > 0 ? `${stats.width} × ${stats.height}` : '–'],
    [words.bitrate, formatBitrate(stats.bitrate)],
    [words.dropped, strings.droppedOf(stats.droppedFrames, stats.totalFrames)],
    [words.stalls, stats.stalls === 0 ? '0' : `${stats.stalls} · ${formatMillis(stats.stalledMs)}`],
    [words.parts, strings.partsWith(stats.partLoads, formatMillis(stats.lastLoadMs))],
    [words.firstFrame, formatMillis(stats.firstFrameMs)],
  ];
}
