// What encoders send, as a table: each entry makes (or finds) a clip that ffmpeg then publishes untouched. Real footage is used where
// it lies beside the project; otherwise a generated clip with the same traits stands in, and says so.

import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { type ClipOptions, makeClip, sharedFootage, x264 } from './media.ts';

export type ClipKind = {
  readonly name: string;
  readonly about: string;
  readonly audio: boolean;
  readonly video: boolean;
  /** Set when every frame must get exactly its share of ticks. */
  readonly frameRate?: number;
  readonly make: ClipOptions;
  /** File in ../shared/media with these traits. */
  readonly footage?: string;
  /** Clips too short for a test are played without end. */
  readonly loop?: boolean;
};

const SECONDS = 18;
/** A first group of pictures of ten seconds or more delays the start of playback by as much. */
const LONG_SECONDS = 26;

const atRate = (frameRate: string, rate: number): ClipKind => ({
  name: `rate-${rate
    .toFixed(2)
    .replace(/\.?0+$/, '')
    .replace('.', '-')}`,
  about: `${frameRate} frames per second`,
  audio: true,
  video: true,
  frameRate: rate,
  make: { seconds: SECONDS, frameRate, video: x264(Math.round(rate * 2)) },
});

const both = { audio: true, video: true } as const;

export const clipKinds: readonly ClipKind[] = [
  {
    ...both,
    name: 'bbb',
    about: 'film with six channels, B-frames and keyframes ten seconds apart',
    frameRate: 24,
    footage: 'bbb-480p-30s.mp4',
    make: { seconds: LONG_SECONDS, frameRate: '24', video: x264(250, 2), audio: ['-c:a', 'aac', '-b:a', '256k', '-ac', '6'] },
  },
  {
    ...both,
    name: 'traffic',
    about: '12.5 frames per second',
    frameRate: 12.5,
    footage: 'street-traffic.mp4',
    make: { seconds: LONG_SECONDS, frameRate: '12.5', video: x264(60) },
  },
  {
    name: 'presenter',
    about: 'picture without sound',
    audio: false,
    video: true,
    loop: true,
    footage: 'presenter.mkv',
    make: { seconds: 3, video: x264(90, 2), audio: null },
  },
  { name: 'sound', about: 'sound without picture', audio: true, video: false, make: { seconds: SECONDS, video: null } },
  atRate('24', 24),
  atRate('25', 25),
  atRate('30000/1001', 30_000 / 1001),
  atRate('30', 30),
  atRate('50', 50),
  atRate('60', 60),
  { ...both, name: 'b-frames', about: 'three B-frames', frameRate: 30, make: { seconds: SECONDS, video: x264(60, 3) } },
  {
    ...both,
    name: 'open-gop',
    about: 'open groups of pictures',
    frameRate: 25,
    make: { seconds: SECONDS, frameRate: '25', video: x264(50, 3, '-x264-params', 'open-gop=1') },
  },
  {
    ...both,
    name: 'long-gop',
    about: 'keyframes twelve seconds apart',
    frameRate: 25,
    make: { seconds: LONG_SECONDS, frameRate: '25', video: x264(300, 0, '-sc_threshold', '0') },
  },
];

export const clipKind = (name: string): ClipKind => {
  const kind = clipKinds.find((candidate) => candidate.name === name);
  if (kind === undefined) throw new Error(`there is no clip "${name}"`);
  return kind;
};

export const clipFile = async (t: TestContext, folder: string, kind: ClipKind): Promise<string> => {
  const file = kind.footage === undefined ? undefined : sharedFootage(kind.footage);
  if (file !== undefined) return file;
  if (kind.footage !== undefined) t.diagnostic(`${kind.footage} is not beside the project; a generated clip stands in`);
  return makeClip(t, folder, kind.name, kind.make);
};

/** Channels of a clip's sound, by ffprobe. */
export const channelsOf = (file: string): number =>
  Number(
    spawnSync('ffprobe', ['-v', 'error', '-select_streams', 'a:0', '-show_entries', 'stream=channels', '-of', 'csv=p=0', file], {
      encoding: 'utf8',
    }).stdout.trim(),
  );
