// From what the page saw to figures: latency percentiles, time to first frame, stalls, drops and the A/V offset. Pure.

import type { ProbeLog } from './page-probe.ts';

export type Spread = { readonly p50: number; readonly p95: number; readonly max: number; readonly min: number; readonly count: number };

export type GlassToGlassReport = {
  readonly url: string;
  readonly seconds: number;
  readonly picture: { readonly width: number; readonly height: number; readonly framesPerSecond: number };
  /** Shown minus drawn, after the settling time; absent when no clock could be read. */
  readonly latencyMs?: Spread;
  readonly timeToFirstFrameMs?: number;
  readonly framesPresented: number;
  /** Presented frames whose clock could not be read. */
  readonly framesUnread: number;
  readonly droppedFrames: number;
  readonly stalls: { readonly count: number; readonly totalMs: number; readonly waitingEvents: number };
  /** Beep minus flash in media time: positive when sound is late. Median of all pairs; absent without sound or pairs. */
  readonly avOffsetMs?: { readonly median: number; readonly min: number; readonly max: number; readonly count: number };
  readonly audio: string;
};

/** A beep belongs to the flash within half a second of it; both come once a second. */
const PAIR_WITHIN_S = 0.5;

const percentile = (sorted: readonly number[], fraction: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0;

export const spread = (values: readonly number[]): Spread | undefined => {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  return {
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    max: sorted.at(-1) ?? 0,
    min: sorted[0] ?? 0,
    count: sorted.length,
  };
};

const avOffset = ({ frames, beeps }: ProbeLog): GlassToGlassReport['avOffsetMs'] => {
  // A flash whose first frame was dropped would read a frame late: the frame before must have been seen dark, just before it.
  const flashes = frames.flatMap((frame, i) => {
    const before = frames[i - 1];
    const onset = frame.flash && before !== undefined && !before.flash && frame.mediaTime - before.mediaTime < 0.05;
    return onset ? [frame.mediaTime] : [];
  });
  const offsets = beeps.flatMap((beep) => {
    const flash = flashes.find((candidate) => Math.abs(beep - candidate) < PAIR_WITHIN_S);
    return flash === undefined ? [] : [(beep - flash) * 1000];
  });
  const all = spread(offsets);
  return all && { median: all.p50, min: all.min, max: all.max, count: all.count };
};

export const makeReport = (url: string, seconds: number, settleSeconds: number, log: ProbeLog): GlassToGlassReport => {
  const first = log.frames[0];
  const last = log.frames.at(-1);
  const settledAt = (first?.at ?? 0) + settleSeconds * 1000;
  const latency = spread(
    log.frames.flatMap(({ at, shownAt, drawnAt }) => (at >= settledAt && drawnAt !== undefined ? [shownAt - drawnAt] : [])),
  );
  const offset = avOffset(log);
  const spanMs = first && last ? last.at - first.at : 0;
  return {
    url,
    seconds,
    picture: { width: log.width, height: log.height, framesPerSecond: spanMs > 0 ? ((log.frames.length - 1) * 1000) / spanMs : 0 },
    ...(latency && { latencyMs: latency }),
    ...(first && { timeToFirstFrameMs: first.at }),
    framesPresented: log.frames.length,
    framesUnread: log.frames.filter(({ drawnAt }) => drawnAt === undefined).length,
    droppedFrames: log.droppedFrames,
    stalls: {
      count: log.stalls.length,
      totalMs: log.stalls.reduce((sum, { durationMs }) => sum + durationMs, 0),
      waitingEvents: log.waitingEvents,
    },
    ...(offset && { avOffsetMs: offset }),
    audio: log.audio,
  };
};

const ms = (value: number): string => `${Math.round(value)} ms`;

/** For people. */
export const reportTable = (report: GlassToGlassReport): string => {
  const { latencyMs, avOffsetMs, picture, stalls } = report;
  const rows: (readonly [string, string])[] = [
    ['picture', `${picture.width}x${picture.height} at ${picture.framesPerSecond.toFixed(1)} fps`],
    ['first frame', report.timeToFirstFrameMs === undefined ? 'none was shown' : `${ms(report.timeToFirstFrameMs)} after navigation`],
    ['latency', latencyMs ? `p50 ${ms(latencyMs.p50)}   p95 ${ms(latencyMs.p95)}   max ${ms(latencyMs.max)}` : 'no clock could be read'],
    [
      'A/V offset',
      avOffsetMs
        ? `${ms(avOffsetMs.median)} (median of ${avOffsetMs.count}; sound late is positive)`
        : `not measured (audio ${report.audio})`,
    ],
    ['stalls', `${stalls.count}, ${ms(stalls.totalMs)} in total; ${stalls.waitingEvents} waiting events`],
    ['frames', `${report.framesPresented} shown, ${report.droppedFrames} dropped, ${report.framesUnread} without a readable clock`],
  ];
  return rows.map(([name, value]) => `${name.padEnd(12)}${value}`).join('\n');
};
