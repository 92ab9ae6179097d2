// How soon 200 blocked playlist requests are all answered once the part they wait for exists. Beside it a bare node:http server that
// releases as many held requests with as many bytes: what the runtime itself takes on this machine.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PresentationClient } from '@headend/tools/hls-client';
import { eventually } from '../tests/kit/eventually.ts';
import { Program } from '../tests/kit/program.ts';
import type { BenchContext, Benchmark } from './kit/figure.ts';
import type { HeldRequestsPlan, HeldRound } from './kit/held-requests.ts';
import { MEGABIT, startLoad } from './kit/load.ts';
import { benchFolder, createChannels, liveStreams, owned, startServer } from './kit/server.ts';
import { median, percentile, worst } from './kit/statistics.ts';

const CONNECTIONS = 200;
const ROUNDS = 100;
/** Rounds before the measured ones: both programs run compiled code by then, as a server does that has been up for a minute. */
const WARM_UP_ROUNDS = 20;
const RELEASE_WITHIN_MS = 20;
const LOAD_SECONDS = 300;
/** A round whose requests went out later than this before the part (the client itself was held up) has not measured held requests. */
const HELD_AT_LEAST_MS = 50;
/** More such rounds mean that the machine is too busy to measure anything. */
const MAX_LATE_SHARE = 0.1;

const program = (name: string): string => fileURLToPath(new URL(`./kit/${name}.ts`, import.meta.url));

const milliseconds = (from: bigint, to: bigint): number => Number(to - from) / 1e6;

const holdRequests = async (resources: AsyncDisposableStack, plan: HeldRequestsPlan): Promise<readonly HeldRound[]> => {
  const client = owned(resources, new Program(process.execPath, [program('held-requests'), JSON.stringify(plan)]));
  const code = await client.exited;
  if (code !== 0) throw new Error(`the requests failed:\n${client.output.slice(-2000)}`);
  const rounds = client.output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as HeldRound);
  const refused = rounds.flatMap(({ statuses }) => statuses).filter((status) => status !== 200);
  if (refused.length > 0) throw new Error(`answers were ${[...new Set(refused)].join(', ')}, not 200`);
  return rounds.slice(WARM_UP_ROUNDS);
};

type Release = { readonly sincePublishedMs: number; readonly spreadMs: number; readonly heldMs: number };

/** Matches each round with the publication that released it: the last one before its first byte. */
const releases = (rounds: readonly HeldRound[], published: readonly bigint[]): readonly Release[] =>
  rounds.map(({ askedNs, firstByteNs, lastDoneNs }) => {
    const at = published.findLast((stamp) => stamp <= BigInt(firstByteNs));
    if (at === undefined) throw new Error('an answer came before any part');
    return {
      sincePublishedMs: milliseconds(at, BigInt(lastDoneNs)),
      spreadMs: milliseconds(BigInt(firstByteNs), BigInt(lastDoneNs)),
      heldMs: milliseconds(BigInt(askedNs), at),
    };
  });

const ours = async ({ resources, log }: BenchContext, rounds: number) => {
  const stamps = path.join(await benchFolder(resources, 'stamps'), 'stamps');
  const preload = new URL('./kit/part-stamps.ts', import.meta.url).href;
  const server = await startServer(resources, { HEADEND_BENCH_STAMPS: stamps, NODE_OPTIONS: `--import=${preload}` });
  const channels = await createChannels(server, 1);
  const keys = channels.map(({ streamKey }) => streamKey);
  const load = await startLoad(resources, {
    url: server.bootstrap.urls.rtmp,
    keys,
    seconds: LOAD_SECONDS,
    bitrate: 2 * MEGABIT,
    size: '1280x720',
  });
  const [streamId = ''] = await liveStreams(server, channels);
  const presentation = await PresentationClient.open(await server.manifestUrl(streamId));
  const [variant] = presentation.multivariant.variants;
  const url = [...presentation.followers.values()]
    .map((follower) => new URL(follower.url))
    .find(({ pathname }) => pathname.endsWith(variant?.uri ?? '?'));
  if (url === undefined) throw new Error('the presentation has no variant');
  const rendition = url.pathname.split('/').at(-2) ?? '';
  log(`holding ${CONNECTIONS} requests, ${rounds} times`);
  const plan = { host: url.hostname, port: Number(url.port), path: url.pathname, playlist: true, connections: CONNECTIONS, rounds };
  const done = await holdRequests(resources, plan);
  await load.finish();
  await server.stop();
  const lines = (await readFile(stamps, 'utf8')).split('\n').map((line) => line.split(' '));
  const published = lines.filter(([id]) => id === rendition).map(([, , , at = '0']) => BigInt(at));
  return { releases: releases(done, published), bytes: Math.round(median(done.map(({ bytes }) => bytes))) };
};

const bare = async ({ resources, log }: BenchContext, rounds: number, bytes: number): Promise<readonly Release[]> => {
  const server = owned(resources, new Program(process.execPath, [program('bare-release'), String(CONNECTIONS), String(bytes)]));
  const port = await eventually('the bare server listens', 10_000, () => Number(server.output.split('\n')[0]) || undefined);
  log('the same against a bare node:http server');
  const plan = { host: '127.0.0.1', port, path: '/', playlist: false, connections: CONNECTIONS, rounds };
  const done = await holdRequests(resources, plan);
  await server.stop();
  return releases(done, server.output.trim().split('\n').slice(1).map(BigInt));
};

export const blockedRelease: Benchmark = {
  name: 'blocked-release',
  summary: `${CONNECTIONS} blocked playlist requests answered once the part exists`,
  limitSeconds: 240,
  async run(bench) {
    const rounds = WARM_UP_ROUNDS + (bench.quick ? 10 : ROUNDS);
    const { releases: all, bytes } = await ours(bench, rounds);
    const measured = all.filter(({ heldMs }) => heldMs >= HELD_AT_LEAST_MS);
    const late = all.length - measured.length;
    if (late > all.length * MAX_LATE_SHARE)
      throw new Error(`in ${late} of ${all.length} rounds the requests came too late: this machine is too busy`);
    const peer = await bare(bench, rounds, bytes);
    const published = measured.map(({ sincePublishedMs }) => sincePublishedMs);
    const peers = peer.map(({ sincePublishedMs }) => sincePublishedMs);
    const spread = measured.map(({ spreadMs }) => spreadMs);
    const figure = (name: string, values: readonly number[], peerValues: readonly number[], of: (list: readonly number[]) => number) => ({
      name,
      value: of(values),
      unit: 'ms',
      digits: 1,
      beside: `bare node:http: ${of(peerValues).toFixed(1)} ms`,
    });
    const goal = { atMost: RELEASE_WITHIN_MS };
    const p95 = (values: readonly number[]): number => percentile(values, 0.95);
    return {
      figures: [
        { ...figure('part published to last answer, median', published, peers, median), goal },
        { ...figure('part published to last answer, p95', published, peers, p95), goal },
        figure('part published to last answer, worst', published, peers, worst),
        figure(
          'first byte to last answer, p95',
          spread,
          peer.map(({ spreadMs }) => spreadMs),
          p95,
        ),
      ],
      conditions:
        `${measured.length} parts after ${WARM_UP_ROUNDS} to warm up, ${late} left out because the client asked too late; ${CONNECTIONS} keep-alive connections of one client process, ` +
        `answers of ${bytes} bytes (gzip); requests were held for ${Math.round(Math.min(...measured.map(({ heldMs }) => heldMs)))} ms at least`,
    };
  },
};
