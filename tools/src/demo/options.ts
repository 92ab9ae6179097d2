// What can be chosen about the demo signal, with its defaults and limits. Parsed once; the rest of the demo trusts it.

import { AppError } from '@headend/core';

export const videoCodecs = ['h264', 'hevc', 'av1'] as const;
export const audioCodecs = ['aac', 'opus', 'none'] as const;
export type DemoVideoCodec = (typeof videoCodecs)[number];
export type DemoAudioCodec = (typeof audioCodecs)[number];

export type SignalOptions = {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Video bits per second. */
  readonly bitrate: number;
  readonly codec: DemoVideoCodec;
  readonly audio: DemoAudioCodec;
  /** Seconds between keyframes. One second by default: a viewer who opens the page waits at most that long for a picture. */
  readonly keyframeSeconds: number;
  /** Ends by itself after this much media; runs until stopped when absent. */
  readonly durationSeconds?: number;
  readonly title: string;
};

export const defaultSignal: SignalOptions = {
  width: 1280,
  height: 720,
  fps: 30,
  bitrate: 2_500_000,
  codec: 'h264',
  audio: 'aac',
  keyframeSeconds: 1,
  title: 'Headend demo',
};

const LIMITS = {
  width: [160, 3840],
  height: [90, 2160],
  fps: [1, 120],
  bitrate: [50_000, 100_000_000],
  keyframeSeconds: [0.1, 20],
  durationSeconds: [0.1, 7 * 86_400],
} as const;

/** Longer titles would run into the caption. */
const MAX_TITLE = 24;

/** Completes and checks options; refuses with `bad_request` naming each wrong field. */
export const signalOptions = (given: Partial<SignalOptions> = {}): SignalOptions => {
  const options: SignalOptions = { ...defaultSignal, ...given };
  const fields: Record<string, string> = {};
  for (const name of ['width', 'height', 'fps', 'bitrate', 'keyframeSeconds', 'durationSeconds'] as const) {
    const value = options[name];
    const [least, most] = LIMITS[name];
    if (value !== undefined && !(value >= least && value <= most)) fields[name] = `must be between ${least} and ${most}, not ${value}`;
  }
  if (options.width % 2 !== 0 || options.height % 2 !== 0) fields['size'] = 'width and height must be even';
  if (!videoCodecs.includes(options.codec)) fields['codec'] = `must be one of ${videoCodecs.join(', ')}`;
  if (!audioCodecs.includes(options.audio)) fields['audio'] = `must be one of ${audioCodecs.join(', ')}`;
  if (options.title.length > MAX_TITLE) fields['title'] = `must be at most ${MAX_TITLE} characters`;
  const wrong = Object.entries(fields);
  if (wrong.length > 0) throw new AppError('bad_request', wrong.map(([name, why]) => `${name} ${why}`).join('; '), { fields });
  return options;
};
