// The command line of the demo. Values are parsed here and checked by `signalOptions`.

import { parseArgs } from 'node:util';
import { AppError } from '@headend/core';
import { audioCodecs, defaultSignal, type SignalOptions, videoCodecs } from './options.ts';

export const demoUsage = `Publishes a generated picture and sound with a burned-in clock.

  --url <rtmp://host/app>  where to publish (default: from <data>/bootstrap.json)
  --key <stream key>       stream key; HEADEND_STREAM_KEY keeps it out of the process list
  --data <folder>          data folder of the running server (default: HEADEND_DATA, else ./data)
  --size <width>x<height>  picture size (default: ${defaultSignal.width}x${defaultSignal.height})
  --fps <number>           frames a second, 29.97 and the like included (default: ${defaultSignal.fps})
  --bitrate <bits>         video bitrate, with k or M behind it (default: 2.5M)
  --codec <name>           ${videoCodecs.join(', ')} (default: ${defaultSignal.codec})
  --audio <name>           ${audioCodecs.join(', ')} (default: ${defaultSignal.audio})
  --keyint <seconds>       keyframe distance (default: ${defaultSignal.keyframeSeconds})
  --duration <seconds>     stop after this long (default: until interrupted)
  --title <text>           what the picture says
`;

export type DemoArguments = {
  readonly help: boolean;
  readonly url?: string;
  readonly key?: string;
  readonly dataFolder: string;
  readonly signal: Partial<SignalOptions>;
};

const wrong = (name: string, value: string, right: string): AppError =>
  new AppError('bad_request', `--${name} ${value} is not ${right}.`, { fields: { [name]: `must be ${right}` } });

const number = (name: string, text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw wrong(name, text, 'a number');
  return value;
};

/** `2500000`, `2500k`, `2.5M`. */
const bitrate = (text: string): number => {
  const [, digits, unit] = /^([\d.]+)([kKmM]?)$/.exec(text) ?? [];
  if (digits === undefined) throw wrong('bitrate', text, 'a bitrate such as 2500k or 2.5M');
  return number('bitrate', digits) * { '': 1, k: 1000, m: 1_000_000 }[unit?.toLowerCase() === 'k' ? 'k' : unit ? 'm' : ''];
};

const size = (text: string): { readonly width: number; readonly height: number } => {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (width === undefined || height === undefined) throw wrong('size', text, 'a size such as 1280x720');
  return { width: Number(width), height: Number(height) };
};

const oneOf = <T extends string>(name: string, text: string, allowed: readonly T[]): T => {
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw wrong(name, text, `one of ${allowed.join(', ')}`);
  return found;
};

const text = { type: 'string' } as const;
const definitions = {
  url: text,
  key: text,
  data: text,
  size: text,
  fps: text,
  bitrate: text,
  codec: text,
  audio: text,
  keyint: text,
  duration: text,
  title: text,
  help: { type: 'boolean', short: 'h' },
} as const;

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: definitions, strict: true }).values;
  } catch (cause) {
    throw new AppError('bad_request', cause instanceof Error ? cause.message : 'The arguments cannot be read.', { cause });
  }
};

type Environment = Readonly<Record<string, string | undefined>>;

export const parseDemoArguments = (args: readonly string[], environment: Environment): DemoArguments => {
  const values = parse(args);
  const key = values.key ?? environment['HEADEND_STREAM_KEY'];
  return {
    help: values.help ?? false,
    dataFolder: values.data ?? environment['HEADEND_DATA'] ?? 'data',
    ...(values.url === undefined ? {} : { url: values.url }),
    ...(key === undefined ? {} : { key }),
    signal: {
      ...(values.size === undefined ? {} : size(values.size)),
      ...(values.fps === undefined ? {} : { fps: number('fps', values.fps) }),
      ...(values.bitrate === undefined ? {} : { bitrate: bitrate(values.bitrate) }),
      ...(values.codec === undefined ? {} : { codec: oneOf('codec', values.codec, videoCodecs) }),
      ...(values.audio === undefined ? {} : { audio: oneOf('audio', values.audio, audioCodecs) }),
      ...(values.keyint === undefined ? {} : { keyframeSeconds: number('keyint', values.keyint) }),
      ...(values.duration === undefined ? {} : { durationSeconds: number('duration', values.duration) }),
      ...(values.title === undefined ? {} : { title: values.title }),
    },
  };
};
