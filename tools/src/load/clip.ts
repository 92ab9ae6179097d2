// A few seconds of the demo signal, encoded once and kept as FLV tag bodies, to be played in a loop by any number of publishers. The clip lasts
// eight seconds: the shortest span that holds a whole number of AAC frames at 48 kHz (375) and of frames at any integer rate, so that
// sound and picture stay together over the seam.

import { millis } from '@headend/core';
import { type FlvOutput, flvFrame, flvSequenceHeader, type Track } from '@headend/media';
import { type SignalClock, SignalGenerator } from '../demo/generator.ts';
import { type SignalOptions, signalOptions } from '../demo/options.ts';

export const CLIP_SECONDS = 8;

export type Clip = {
  readonly durationMs: number;
  /** Sequence headers, to be sent once before the rest. */
  readonly configuration: readonly FlvOutput[];
  /** In time order, the first a video keyframe at 0. */
  readonly messages: readonly FlvOutput[];
  readonly bytes: number;
};

/** Time that passes as fast as the encoder can go. The clip's burned-in clock starts at the epoch: it tells no latency. */
const virtualClock = (): SignalClock => {
  let elapsed = 0;
  return {
    wallNow: () => Math.round(elapsed),
    monotonicNow: () => elapsed,
    sleepUntil: async (at) => {
      elapsed = Math.max(elapsed, at);
    },
  };
};

export const encodeClip = async (options: Partial<SignalOptions> = {}): Promise<Clip> => {
  const generator = new SignalGenerator(signalOptions({ ...options, durationSeconds: CLIP_SECONDS }), virtualClock());
  const tracks = new Map<number, Track>(generator.tracks.map((track) => [track.id, track]));
  const messages: FlvOutput[] = [];
  for await (const batch of generator.run(new AbortController().signal)) {
    for (const frame of batch) {
      const track = tracks.get(frame.trackId);
      if (track !== undefined) messages.push(flvFrame(track, frame, 0));
    }
  }
  messages.sort((a, b) => a.timestampMs - b.timestampMs);
  return {
    durationMs: CLIP_SECONDS * 1000,
    configuration: generator.tracks.flatMap((track) => flvSequenceHeader(track, 0, millis(0)) ?? []),
    messages,
    bytes: messages.reduce((sum, { body }) => sum + body.length, 0),
  };
};
