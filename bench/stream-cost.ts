// What one passthrough stream costs the server (RTMP in, CMAF parts out): CPU of the whole process and memory above the idle process.
// Beside it FFmpeg as an RTMP server that cuts the same stream into fMP4 HLS without re-encoding.

import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Headend } from '../tests/kit/headend.ts';
import { memoryInUse } from '../tests/kit/metrics.ts';
import { has, Program } from '../tests/kit/program.ts';
import type { BenchContext, Benchmark } from './kit/figure.ts';
import { freePort } from './kit/free-port.ts';
import { bitrateOf, type Load, MEGABIT, startLoad } from './kit/load.ts';
import { coreShares, residentMiB } from './kit/process-cost.ts';
import { benchFolder, createChannels, liveStreams, owned, pidOf, startServer } from './kit/server.ts';
import { median, slope } from './kit/statistics.ts';

const BITRATE = 6 * MEGABIT;
const STREAM_STEPS = [1, 4, 8];
const GOALS = { cpuPercent: 3, memoryMiB: 40 };
/** Longer than any step needs; each load is ended when the benchmark has what it wants. */
const LOAD_SECONDS = 600;

type Reading = { readonly streams: number; readonly cpuPercent: number; readonly residentMiB: number; readonly usedMiB: number };

/** CPU over the whole span; memory as the median of readings a second apart, because garbage comes and goes. */
const read = async (server: Headend, streams: number, seconds: number): Promise<Reading> => {
  const pid = pidOf(server.program);
  const resident: number[] = [];
  const used: number[] = [];
  const sampling = (async () => {
    for (let i = 1; i < seconds; i++) {
      resident.push(residentMiB(pid));
      await wait(1000);
    }
  })();
  const [cpuPercent = Number.NaN] = await coreShares([pid], seconds);
  await sampling;
  // A scrape costs CPU itself, so these come after the span.
  for (let i = 0; i < 5; i++) {
    used.push(await memoryInUse(server));
    await wait(500);
  }
  return { streams, cpuPercent, residentMiB: median(resident), usedMiB: median(used) };
};

/** Share of one core that FFmpeg needs for one stream of the same kind. */
const ffmpegShare = async ({ resources, log }: BenchContext, seconds: number): Promise<number | undefined> => {
  if (!has('ffmpeg')) return undefined;
  const folder = await benchFolder(resources, 'ffmpeg');
  const url = `rtmp://127.0.0.1:${await freePort()}/live`;
  const output = ['-c', 'copy', '-f', 'hls', '-hls_time', '2', '-hls_segment_type', 'fmp4', '-hls_flags', 'delete_segments'];
  const input = ['-v', 'error', '-listen', '1', '-f', 'flv', '-i', `${url}/peer`];
  const ffmpeg = owned(resources, new Program('ffmpeg', [...input, ...output, path.join(folder, 'live.m3u8')]));
  const load = await startLoad(resources, { url, keys: ['peer'], seconds: LOAD_SECONDS, bitrate: BITRATE });
  await wait(15_000);
  log('measuring ffmpeg');
  const [share] = await coreShares([pidOf(ffmpeg)], seconds);
  await load.finish();
  await ffmpeg.stop();
  return share;
};

export const streamCost: Benchmark = {
  name: 'stream-cost',
  summary: 'CPU and memory of the server per passthrough 6 Mb/s stream',
  limitSeconds: 480,
  async run(bench) {
    const { resources, quick, log } = bench;
    const seconds = quick ? 4 : 30;
    const settleMs = quick ? 3000 : 25_000;
    const server = await startServer(resources);
    const channels = await createChannels(server, STREAM_STEPS.at(-1) ?? 0);
    await wait(quick ? 1000 : 8000);
    const idle = await read(server, 0, seconds);
    log(
      `idle: ${idle.cpuPercent.toFixed(2)} % of a core, ${idle.residentMiB.toFixed(0)} MiB resident, ${idle.usedMiB.toFixed(0)} MiB in use`,
    );
    const readings: Reading[] = [];
    const loads: Load[] = [];
    let running = 0;
    for (const streams of STREAM_STEPS) {
      const keys = channels.slice(running, streams).map(({ streamKey }) => streamKey);
      running = streams;
      loads.push(await startLoad(resources, { url: server.bootstrap.urls.rtmp, keys, seconds: LOAD_SECONDS, bitrate: BITRATE }));
      await liveStreams(server, channels.slice(0, streams));
      await wait(settleMs);
      const reading = await read(server, streams, seconds);
      readings.push(reading);
      log(
        `${streams} streams: ${reading.cpuPercent.toFixed(2)} % of a core, ${reading.residentMiB.toFixed(0)} MiB resident, ${reading.usedMiB.toFixed(0)} MiB in use`,
      );
    }
    const reports = await Promise.all(loads.map((load) => load.finish()));
    const failures = reports.flatMap(({ publishers }) => publishers.flatMap(({ failure }) => failure ?? []));
    if (failures.length > 0) throw new Error(`the load was not whole: ${failures.join('; ')}`);
    const sent = reports.map(bitrateOf);
    await server.stop();
    const peer = await ffmpegShare(bench, seconds);
    const perStream = ({ streams, cpuPercent }: Reading): number => (cpuPercent - idle.cpuPercent) / streams;
    const [single, , many] = readings;
    const all = [idle, ...readings];
    const beside = peer === undefined ? 'ffmpeg is not installed' : `ffmpeg, RTMP to fMP4 HLS with 2 s segments: ${peer.toFixed(2)} %`;
    const growth = (of: (reading: Reading) => number): number => slope(all.map((reading) => [reading.streams, of(reading)]));
    const alone = (of: (reading: Reading) => number): string =>
      `idle ${of(idle).toFixed(0)}, with ${readings.map((reading) => `${reading.streams}: ${of(reading).toFixed(0)}`).join(', ')} MiB`;
    const cpu = { unit: '% of a core', digits: 2, goal: { atMost: GOALS.cpuPercent }, beside };
    const memory = { unit: 'MiB', digits: 1, goal: { atMost: GOALS.memoryMiB } };
    return {
      figures: [
        { name: 'CPU per stream, one stream', value: single === undefined ? Number.NaN : perStream(single), ...cpu },
        { name: `CPU per stream, ${many?.streams} streams`, value: many === undefined ? Number.NaN : perStream(many), ...cpu },
        {
          name: 'resident memory per stream',
          value: growth((reading) => reading.residentMiB),
          ...memory,
          beside: alone((reading) => reading.residentMiB),
        },
        { name: 'resident memory of the first stream', value: (single?.residentMiB ?? Number.NaN) - idle.residentMiB, ...memory },
        {
          name: 'heap and buffers per stream',
          value: growth((reading) => reading.usedMiB),
          ...memory,
          beside: alone((reading) => reading.usedMiB),
        },
      ],
      conditions:
        `1920x1080 at 30 fps, H.264 and AAC at ${median(sent).toFixed(2)} Mb/s from a process of its own, no viewers, ` +
        `${seconds} s measured after ${settleMs / 1000} s; idle process at ${idle.cpuPercent.toFixed(2)} % taken off`,
    };
  },
};
