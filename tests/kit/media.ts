// Input for publish tests: real footage where ../shared/media is there, else pictures and tones that ffmpeg generates, encoded once per
// test into its temporary folder so that publishing itself costs next to nothing (-c copy).

import { existsSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Program, runProgram, start } from './program.ts';

const SHARED = fileURLToPath(new URL('../../../shared/media/', import.meta.url));

export const sharedFootage = (name: string): string | undefined => {
  const file = path.join(SHARED, name);
  return existsSync(file) ? file : undefined;
};

export type ClipOptions = {
  readonly seconds?: number;
  readonly frameRate?: string;
  readonly size?: string;
  /** Further options of the video encoder; `null` for a clip without picture. */
  readonly video?: readonly string[] | null;
  /** `null` for a clip without sound. */
  readonly audio?: readonly string[] | null;
};

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-b:v', '600k', '-pix_fmt', 'yuv420p'];
const AAC = ['-c:a', 'aac', '-b:a', '96k', '-ac', '2'];

/** Encodes a test picture and a tone into `<folder>/<name>.mkv`. */
export const makeClip = async (t: TestContext, folder: string, name: string, options: ClipOptions = {}): Promise<string> => {
  const { seconds = 10, frameRate = '30', size = '320x180', video = [...X264, '-g', '60'], audio = AAC } = options;
  const file = path.join(folder, `${name}.mkv`);
  const inputs = [
    ...(video === null ? [] : ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${frameRate}`]),
    ...(audio === null ? [] : ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000']),
  ];
  await runProgram(t, 'ffmpeg', ['-v', 'error', '-y', ...inputs, ...(video ?? []), ...(audio ?? []), '-t', String(seconds), file]);
  return file;
};

/** A clip that loops without a seam: whole milliseconds per frame, and no sound whose frames would end a little later. */
export const SEAMLESS: ClipOptions = { seconds: 8, frameRate: '25', audio: null };

/** x264 options for a clip: `gop` frames between keyframes, `bFrames` of them reordered. */
export const x264 = (gop: number, bFrames = 0, ...more: readonly string[]): readonly string[] => [
  ...(bFrames === 0 ? X264 : X264.filter((option) => option !== '-tune' && option !== 'zerolatency')),
  ...['-g', String(gop), '-bf', String(bFrames), ...more],
];

/** Publishes a file in real time, untouched; `loop` plays it without end. */
export const publishFile = (t: TestContext, file: string, url: string, options: { readonly loop?: boolean } = {}): Program =>
  start(t, 'ffmpeg', [
    '-v',
    'error',
    '-re',
    ...(options.loop === true ? ['-stream_loop', '-1'] : []),
    '-i',
    file,
    '-c',
    'copy',
    '-f',
    'flv',
    url,
  ]);
