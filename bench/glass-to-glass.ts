// From the demo's drawn clock to Chromium's screen: latency, time to the first frame of a page opened mid-stream, sound against picture.
// The meter is tools/src/glass-to-glass; here are only the server, the signal and the goals.

import { fileURLToPath } from 'node:url';
import { parseMediaPlaylist } from '@headend/manifest';
import { launchChromium, measureGlassToGlass } from '@headend/tools/glass-to-glass';
import { PresentationClient } from '@headend/tools/hls-client';
import type { Headend } from '../tests/kit/headend.ts';
import { Program } from '../tests/kit/program.ts';
import type { BenchContext, Benchmark } from './kit/figure.ts';
import { owned, startServer } from './kit/server.ts';
import { median, worst } from './kit/statistics.ts';

const LAUNCHER = fileURLToPath(new URL('../server/bin/headend.mjs', import.meta.url));
const PAGE_OPENS = 5;
const GOALS = { p50Ms: 1200, p95Ms: 1600, firstFrameMs: 1000, avOffsetMs: 60 };

/** What the playlist tells players to keep as distance from the edge: no player that obeys it can be closer. */
const holdBackMs = async (server: Headend, streamId: string): Promise<number> => {
  const client = await PresentationClient.open(await server.manifestUrl(streamId));
  const [follower] = client.followers.values();
  const parsed = parseMediaPlaylist(follower?.newest ?? '');
  return parsed.ok ? (parsed.value.serverControl?.partHoldBack ?? Number.NaN) * 1000 : Number.NaN;
};

/**
 * One browser, a fresh profile each time: nothing of the page is cached. Milliseconds from navigation to the first frame. The first
 * of them also starts the browser's own processes for network, sound and decoding.
 */
const openPages = async ({ resources, quick, log }: BenchContext, url: string): Promise<readonly number[]> => {
  const browser = await launchChromium();
  resources.defer(() => browser.close());
  const times: number[] = [];
  for (let i = 0; i < (quick ? 2 : PAGE_OPENS) + 1; i++) {
    const context = await browser.newContext({ bypassCSP: true, viewport: { width: 1280, height: 720 } });
    const report = await measureGlassToGlass({ url, seconds: 0.3, settleSeconds: 0, page: await context.newPage() });
    await context.close();
    times.push(report.timeToFirstFrameMs ?? Number.NaN);
    log(`page ${i}: first frame after ${Math.round(times.at(-1) ?? Number.NaN)} ms`);
  }
  return times;
};

export const glassToGlass: Benchmark = {
  name: 'glass-to-glass',
  summary: 'drawn in the encoder to shown in Chromium, on loopback through hls.js',
  limitSeconds: 240,
  async run(bench) {
    const { resources, quick, log } = bench;
    const server = await startServer(resources);
    owned(resources, new Program(process.execPath, [LAUNCHER, 'demo', '--data', server.dataFolder]));
    const stream = await server.liveStream(60_000);
    const limit = await holdBackMs(server, stream.id);
    log('the signal is live; measuring latency');
    const url = server.bootstrap.urls.watch;
    const report = await measureGlassToGlass({ url, seconds: quick ? 6 : 40 });
    const [cold = Number.NaN, ...opens] = await openPages(bench, url);
    const { latencyMs, avOffsetMs, stalls, droppedFrames, framesPresented, picture } = report;
    const offset = avOffsetMs === undefined ? Number.NaN : Math.abs(avOffsetMs.median);
    const beside = `PART-HOLD-BACK alone is ${Math.round(limit)} ms`;
    return {
      figures: [
        { name: 'latency p50', value: latencyMs?.p50 ?? Number.NaN, unit: 'ms', goal: { atMost: GOALS.p50Ms }, beside },
        { name: 'latency p95', value: latencyMs?.p95 ?? Number.NaN, unit: 'ms', goal: { atMost: GOALS.p95Ms }, beside },
        { name: 'first frame, median', value: median(opens), unit: 'ms', goal: { atMost: GOALS.firstFrameMs } },
        { name: 'first frame, worst', value: worst(opens), unit: 'ms', goal: { atMost: GOALS.firstFrameMs } },
        { name: 'first frame, browser just started', value: cold, unit: 'ms' },
        {
          name: 'A/V offset, median',
          value: offset,
          unit: 'ms',
          goal: { atMost: GOALS.avOffsetMs },
          beside: avOffsetMs && `${Math.round(avOffsetMs.min)} to ${Math.round(avOffsetMs.max)} ms in ${avOffsetMs.count} beeps`,
        },
        {
          name: 'stalls',
          value: stalls.count,
          unit: '',
          goal: { atMost: 0 },
          beside: `${framesPresented} frames, ${droppedFrames} dropped`,
        },
      ].map(({ beside: text, ...figure }) => (text === undefined ? figure : { ...figure, beside: text })),
      conditions:
        `demo signal ${picture.width}x${picture.height} at 30 fps (${picture.framesPerSecond.toFixed(1)} shown), ` +
        `${report.seconds} s of playing; ${opens.length} page opens, fresh profile each; encoder, server and browser on this machine`,
    };
  },
};
