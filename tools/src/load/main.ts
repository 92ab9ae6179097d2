// The load generator as a program. `{n}` in a key counts from 1 with --count; --keys reads one key a line.

import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { encodeClip } from './clip.ts';
import { publishLoad } from './publishers.ts';

const usage = `Publishes a pre-encoded clip over many RTMP connections.

  main.ts --url <rtmp://host/app> (--keys <file> | --key <key>… | --key 'name{n}' --count <n>)
          [--seconds 30] [--bitrate 2000000] [--size 1280x720] [--fps 30] [--json]
`;

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    url: text,
    keys: text,
    key: { type: 'string', multiple: true },
    count: text,
    seconds: text,
    bitrate: text,
    size: text,
    fps: text,
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});

const keysOf = async (): Promise<string[]> => {
  if (values.keys !== undefined) return (await readFile(values.keys, 'utf8')).split(/\s+/).filter((key) => key !== '');
  const given = values.key ?? [];
  const [template] = given;
  if (values.count === undefined || template === undefined) return given;
  return Array.from({ length: Number(values.count) }, (_, i) => template.replaceAll('{n}', String(i + 1)));
};

const run = async (url: string): Promise<void> => {
  const [width, height] = (values.size ?? '1280x720').split('x').map(Number);
  const bitrate = Number(values.bitrate ?? 2_000_000);
  const clip = await encodeClip({ width: width ?? 0, height: height ?? 0, bitrate, fps: Number(values.fps ?? 30) });
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const report = await publishLoad({ url, keys: await keysOf(), clip, seconds: Number(values.seconds ?? 30) }, stop.signal);
  if (values.json) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const failures = new Set(report.publishers.flatMap(({ failure }) => (failure === undefined ? [] : [failure])));
  process.stdout.write(
    `${report.live} of ${report.publishers.length} publishers live to the end, ${report.megabitsPerSecond.toFixed(1)} Mb/s, ` +
      `generator late by ${Math.round(report.worstLatenessMs)} ms at worst\n`,
  );
  for (const failure of failures) process.stdout.write(`failed: ${failure}\n`);
  if (failures.size > 0) process.exitCode = 1;
};

if (values.help || values.url === undefined) {
  process.stdout.write(usage);
  process.exitCode = values.help ? 0 : 2;
} else {
  try {
    await run(values.url);
  } catch (error) {
    process.stderr.write(`load: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
