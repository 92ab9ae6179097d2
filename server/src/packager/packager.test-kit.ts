// For tests of the packager: synthetic tracks and frames of any cadence, and a sink that remembers everything it was given.

import { type Millis, millis, type Ticks, ticks, timescale, wallMs } from '@headend/core';
import type { AudioTrack, Frame, Track, VideoTrack } from '@headend/media';
import type { LiveEvent } from '../live/index.ts';
import type { PackagedPart, PackageSink, PresentationPlan, SegmentOpening } from './ports.ts';

export const VIDEO_ID = 100;
export const AUDIO_ID = 200;
const EPOCH = 1_750_000_000_000;

export const videoTrack = (frameRate: number, scale = 90_000): VideoTrack => ({
  id: VIDEO_ID,
  kind: 'video',
  codec: 'h264',
  timescale: timescale(scale),
  config: Uint8Array.of(1, 0x64, 0, 0x1f, 0xff, 0xe1, 0, 4, 0x67, 0x64, 0, 0x1f, 1, 0, 4, 0x68, 0xee, 0x3c, 0x80),
  codecString: 'avc1.64001F',
  width: 1280,
  height: 720,
  frameRate,
});

export const audioTrack = (sampleRate = 48_000): AudioTrack => ({
  id: AUDIO_ID,
  kind: 'audio',
  codec: 'aac',
  timescale: timescale(sampleRate),
  config: Uint8Array.of(0x11, 0x90),
  codecString: 'mp4a.40.2',
  sampleRate,
  channels: 2,
  frameSamples: 1024,
});

export type Cadence = {
  readonly seconds: number;
  readonly frameRate: number;
  readonly gopFrames: number;
  /** Frames by which presentation is delayed against decoding (B-frames). */
  readonly reorder?: number;
  /** Rounds video times to milliseconds, as RTMP does. */
  readonly millisecondTimes?: boolean;
  readonly startMs?: number;
};

export const videoFrames = (track: VideoTrack, cadence: Cadence): Frame[] => {
  const { seconds, frameRate, gopFrames, reorder = 0, millisecondTimes = false, startMs = 0 } = cadence;
  const place = (second: number): Ticks =>
    ticks(Math.round(millisecondTimes ? (Math.round(second * 1000) * track.timescale) / 1000 : second * track.timescale));
  return Array.from({ length: Math.round(seconds * frameRate) }, (_, i) => {
    const decode = startMs / 1000 + i / frameRate;
    return {
      trackId: track.id,
      dts: place(decode),
      pts: place(decode + reorder / frameRate),
      wallclock: wallMs(EPOCH + Math.round(decode * 1000) + 40),
      key: i % gopFrames === 0,
      data: new Uint8Array(400).fill(i & 0xff),
    };
  });
};

export const audioFrames = (track: AudioTrack, seconds: number, startMs = 0): Frame[] =>
  Array.from({ length: Math.floor((seconds * track.sampleRate) / 1024) }, (_, i) => {
    const at = ticks(Math.round((startMs * track.sampleRate) / 1000) + i * 1024);
    return {
      trackId: track.id,
      dts: at,
      pts: at,
      wallclock: wallMs(EPOCH + Math.round((at * 1000) / track.sampleRate) + 40),
      key: true,
      data: new Uint8Array(100).fill(i & 0xff),
    };
  });

/** Both tracks' frames in the order an encoder sends them: by decode time. */
export const interleave = (tracks: readonly Track[], ...lists: readonly Frame[][]): Frame[] => {
  const scales = new Map(tracks.map((track) => [track.id, track.timescale]));
  return lists.flat().sort((a, b) => a.dts / (scales.get(a.trackId) ?? 1) - b.dts / (scales.get(b.trackId) ?? 1));
};

export const frameEvents = (frames: readonly Frame[]): LiveEvent[] => frames.map((frame) => ({ type: 'frame', frame }));

export const tracksEvent = (tracks: readonly Track[], epoch = 1): LiveEvent => ({
  type: 'tracks',
  epoch,
  tracks,
  discontinuity: epoch > 1,
});

export type RecordedSegment = SegmentOpening & { readonly parts: PackagedPart[]; durationTicks?: Ticks };

export class RecordingSink implements PackageSink {
  readonly plans: PresentationPlan[] = [];
  readonly segments = new Map<string, RecordedSegment[]>();
  readonly inits: { readonly rendition: string; readonly index: number }[] = [];
  ended = false;

  begin(plan: PresentationPlan): void {
    this.plans.push(plan);
  }

  init(rendition: string, index: number): void {
    this.inits.push({ rendition, index });
  }

  openSegment(rendition: string, segment: SegmentOpening): void {
    const list = this.segments.get(rendition) ?? [];
    list.push({ ...segment, parts: [] });
    this.segments.set(rendition, list);
  }

  part(rendition: string, part: PackagedPart): void {
    this.segments.get(rendition)?.at(-1)?.parts.push(part);
  }

  closeSegment(rendition: string, _msn: number, durationTicks: Ticks): void {
    const segment = this.segments.get(rendition)?.at(-1);
    if (segment !== undefined) segment.durationTicks = durationTicks;
  }

  end(): void {
    this.ended = true;
  }

  of(rendition: string): readonly RecordedSegment[] {
    return this.segments.get(rendition) ?? [];
  }
}

export const TARGETS: { readonly segmentTargetMs: Millis; readonly partTargetMs: Millis } = {
  segmentTargetMs: millis(2000),
  partTargetMs: millis(200),
};
