// Clients that we did not write, reading a presentation from its manifest URL: ffprobe, ffmpeg and GStreamer's two players. What they
// print as a complaint is kept apart from what they measure.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';
import { start } from './program.ts';

const execute = promisify(execFile);
const MAX_OUTPUT = 64 * 1024 * 1024;
const READ_DEADLINE_MS = 60_000;

/**
 * FFmpeg's reader takes the init segment again after each reload of a live playlist and then says this about it, also about its own
 * writer's live fMP4 output. It says nothing of the kind about a playlist that has ended.
 */
const INIT_READ_AGAIN = /^(?:\[mov.*Found duplicated MOOV Atom. Skipped it| *Last message repeated \d+ times)$/;

export type Readings = { readonly stdout: string; readonly complaints: readonly string[] };

/** Runs to its end; a failure throws with what the program said. */
export const read = async (
  t: TestContext,
  program: string,
  args: readonly string[],
  options: { readonly live: boolean },
): Promise<Readings> => {
  const { stdout, stderr } = await execute(program, args, { signal: t.signal, maxBuffer: MAX_OUTPUT, timeout: READ_DEADLINE_MS });
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return { stdout, complaints: options.live ? lines.filter((line) => !INIT_READ_AGAIN.test(line)) : lines };
};

export type ProbedStream = {
  readonly codec_type: 'video' | 'audio';
  readonly codec_name: string;
  readonly codec_tag_string: string;
  readonly start_time: string;
  readonly channels?: number;
};

export type Probe = { readonly streams: readonly ProbedStream[]; readonly complaints: readonly string[] };

export const probe = async (t: TestContext, url: string, options: { readonly live: boolean }): Promise<Probe> => {
  const entries = 'stream=codec_type,codec_name,codec_tag_string,start_time,channels';
  const { stdout, complaints } = await read(t, 'ffprobe', ['-v', 'warning', '-show_entries', entries, '-of', 'json', url], options);
  // ffprobe lists a stream of a programme twice: in the programme and for itself.
  const { streams } = JSON.parse(stdout) as { readonly streams: readonly ProbedStream[] };
  return { streams, complaints };
};

export type ReadFrame = { readonly stream: number; readonly dts: number; readonly pts: number; readonly duration: number };
export type ReadFrames = {
  readonly kinds: ReadonlyMap<number, 'video' | 'audio'>;
  /** Times in seconds. */
  readonly frames: readonly ReadFrame[];
  readonly complaints: readonly string[];
};

const kindsOf = (lines: readonly string[]): (readonly [number, 'video' | 'audio'])[] =>
  lines.flatMap((line) => {
    const match = /^#media_type (\d+): (video|audio)$/.exec(line);
    return match === null ? [] : [[Number(match[1]), match[2] === 'video' ? 'video' : 'audio'] as const];
  });

/** ffmpeg's framecrc lists every packet (`copy`) or every decoded frame with its times. */
export const readFrames = async (
  t: TestContext,
  url: string,
  options: { readonly live: boolean; readonly seconds?: number; readonly decode?: boolean },
): Promise<ReadFrames> => {
  // With -copyts a limit would count from time zero, not from where a live reader joins.
  const input = ['-v', 'warning', ...(options.seconds === undefined ? ['-copyts'] : []), '-i', url];
  const limit = options.seconds === undefined ? [] : ['-t', String(options.seconds)];
  const codec = options.decode === true ? ['-fps_mode', 'passthrough'] : ['-c', 'copy'];
  const { stdout, complaints } = await read(t, 'ffmpeg', [...input, ...codec, '-map', '0', ...limit, '-f', 'framecrc', '-'], options);
  const lines = stdout.split('\n');
  const scales = new Map(
    lines.flatMap((line) => {
      const match = /^#tb (\d+): (\d+)\/(\d+)$/.exec(line);
      return match === null ? [] : [[Number(match[1]), Number(match[2]) / Number(match[3])] as const];
    }),
  );
  const frames = lines.flatMap((line) => {
    const [stream = Number.NaN, dts = 0, pts = 0, duration = 0] = line.startsWith('#') || line === '' ? [] : line.split(',').map(Number);
    const scale = scales.get(stream);
    return scale === undefined ? [] : [{ stream, dts: dts * scale, pts: pts * scale, duration: duration * scale }];
  });
  return { kinds: new Map(kindsOf(lines)), frames, complaints };
};

export type GstPlayback = {
  /** Presentation times of the buffers that reached each sink, in seconds. */
  readonly video: readonly number[];
  readonly audio: readonly number[];
  readonly complaints: readonly string[];
};

const SINK = 'fakesink silent=false sync=true';

const BUFFER = / = chain {3}\*+ \(([va]):sink\).*? pts: (\d+):(\d+):([\d.]+),/;

/** Plays at the media's own pace into sinks that report, until both expected kinds have shown as many buffers. */
export const gstPlay = async (
  t: TestContext,
  player: 'playbin' | 'playbin3',
  url: string,
  expect: { readonly video: number; readonly audio: number },
): Promise<GstPlayback> => {
  const program = start(t, 'gst-launch-1.0', ['-v', player, `uri=${url}`, `video-sink=${SINK} name=v`, `audio-sink=${SINK} name=a`]);
  const video: number[] = [];
  const audio: number[] = [];
  assert.ok(program.child.stdout !== null);
  createInterface({ input: program.child.stdout }).on('line', (line) => {
    const [, sink, hours, minutes, seconds] = BUFFER.exec(line) ?? [];
    if (sink !== undefined) (sink === 'v' ? video : audio).push(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
  });
  await eventually(`${player} plays`, READ_DEADLINE_MS, () => {
    if (!program.running) throw new Error(program.output.slice(-3000));
    return video.length >= expect.video && audio.length >= expect.audio;
  });
  await program.stop('SIGINT');
  return { video, audio, complaints: program.output.split('\n').filter((line) => /WARNING|ERROR|CRITICAL/.test(line)) };
};
