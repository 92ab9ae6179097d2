// How much the origin serves of what it holds: a cached part and a closed segment over keep-alive HTTP/1.1, to wrk, in turns with nginx
// serving the same bytes. Both have one thread. The encoders have stopped by then, so that wrk and one server have the two cores.

import { setTimeout as wait } from 'node:timers/promises';
import { parseMediaPlaylist } from '@headend/manifest';
import { PresentationClient } from '@headend/tools/hls-client';
import type { Headend } from '../tests/kit/headend.ts';
import { missing } from '../tests/kit/program.ts';
import type { BenchContext, Benchmark, Figure } from './kit/figure.ts';
import { MEGABIT, startLoad } from './kit/load.ts';
import { startNginx } from './kit/nginx.ts';
import { cpuSeconds } from './kit/process-cost.ts';
import { createChannels, liveStreams, pidOf, startServer } from './kit/server.ts';
import { wrk } from './kit/wrk.ts';

const CONNECTIONS = 64;
const ROUNDS = 3;
/** Long enough that the first segments are on disk only, and short enough that they are still in the playlist. */
const PUBLISH_SECONDS = 30;
/** The encoders stop, their streams must not. */
const ENVIRONMENT = { HEADEND_RECONNECT_WINDOW_MS: '1200000' };

type Resource = { readonly what: string; readonly name: string; readonly url: string; readonly bytes: Uint8Array };

const fetched = async (what: string, name: string, url: string): Promise<Resource> => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${what}: ${response.status}`);
  return { what, name, url, bytes: new Uint8Array(await response.arrayBuffer()) };
};

const near = <T>(items: readonly T[], size: (item: T) => number, wanted: number): T | undefined =>
  items.toSorted((a, b) => Math.abs(size(a) - wanted) - Math.abs(size(b) - wanted))[0];

/** Addresses of the video rendition's media: parts still listed, segments whose parts are, and the oldest one. */
const videoOf = async (server: Headend, streamId: string) => {
  const manifest = await server.manifestUrl(streamId);
  const client = await PresentationClient.open(manifest);
  const [uri = ''] = client.multivariant.variants.map((variant) => variant.uri);
  const base = new URL(uri, manifest);
  const playlist = parseMediaPlaylist(client.followers.get(uri)?.newest ?? '');
  if (!playlist.ok) throw new Error(playlist.error.message);
  const absolute = (relative: string): string => new URL(relative, base).href;
  const { segments } = playlist.value;
  const hot = segments.filter(({ parts }) => parts.length > 0);
  return {
    parts: hot.flatMap(({ parts }) => parts.map((part) => absolute(part.uri))),
    segments: hot.map((segment) => absolute(segment.uri)),
    oldest: absolute(segments[0]?.uri ?? ''),
  };
};

const publish = async ({ resources, quick, log }: BenchContext, server: Headend): Promise<readonly Resource[]> => {
  const channels = await createChannels(server, 2);
  const url = server.bootstrap.urls.rtmp;
  const [small, large] = await Promise.all(
    [2 * MEGABIT, 6 * MEGABIT].map((bitrate, i) =>
      startLoad(resources, { url, keys: [channels[i]?.streamKey ?? ''], seconds: 200, bitrate }),
    ),
  );
  const [first = '', second = ''] = await liveStreams(server, channels);
  log('publishing until there is something to serve');
  await wait(quick ? 4000 : PUBLISH_SECONDS * 1000);
  const [two, six] = [await videoOf(server, first), await videoOf(server, second)];
  await Promise.all([small?.finish(), large?.finish()]);
  const parts = await Promise.all(two.parts.map((part) => fetched('part from memory', 'part.m4s', part)));
  const segments = await Promise.all(six.segments.map((segment) => fetched('segment from memory', 'segment.m4s', segment)));
  const oldest = await fetched('segment from disk', 'oldest.m4s', six.oldest);
  const chosen = [near(parts, ({ bytes }) => bytes.length, 50_000), near(segments, ({ bytes }) => bytes.length, 1_500_000)];
  return [...chosen.filter((resource) => resource !== undefined), oldest];
};

type Side = { requests: number; megabytes: number; cpuSeconds: number; seconds: number };

const nothing = (): Side => ({ requests: 0, megabytes: 0, cpuSeconds: 0, seconds: 0 });

const serve = async (resources: AsyncDisposableStack, side: Side, pid: number, url: string, seconds: number): Promise<void> => {
  const before = cpuSeconds(pid);
  const { requestsPerSecond, megabytesPerSecond } = await wrk(resources, url, CONNECTIONS, seconds);
  side.cpuSeconds += cpuSeconds(pid) - before;
  side.requests += requestsPerSecond * seconds;
  side.megabytes += megabytesPerSecond * seconds;
  side.seconds += seconds;
};

const figuresOf = ({ what, bytes }: Resource, ours: Side, peer: Side): readonly Figure[] => {
  const size = bytes.length < 1e6 ? `${Math.round(bytes.length / 1000)} kB` : `${(bytes.length / 1e6).toFixed(1)} MB`;
  const name = `${size} ${what}`;
  const rate = (side: Side): number => side.requests / side.seconds;
  const microseconds = (side: Side): number => (side.cpuSeconds / side.requests) * 1e6;
  return [
    { name: `${name}: requests`, value: rate(ours), unit: '/s', beside: `nginx ${rate(peer).toFixed(0)} /s` },
    {
      name: `${name}: throughput`,
      value: ours.megabytes / ours.seconds,
      unit: 'MB/s',
      beside: `nginx ${(peer.megabytes / peer.seconds).toFixed(0)} MB/s`,
    },
    { name: `${name}: ratio to nginx`, value: rate(ours) / rate(peer), unit: '', digits: 2 },
    {
      name: `${name}: CPU per request`,
      value: microseconds(ours),
      unit: 'µs',
      beside: `nginx ${microseconds(peer).toFixed(0)} µs, of its worker`,
    },
  ];
};

export const originThroughput: Benchmark = {
  name: 'origin-throughput',
  summary: 'cached parts and closed segments over keep-alive HTTP/1.1, against nginx',
  limitSeconds: 240,
  async run(bench) {
    const { resources, quick, log } = bench;
    const absent = missing('nginx', 'wrk');
    if (absent !== false) throw new Error(`${absent} (Debian: apt-get install nginx-light wrk)`);
    const server = await startServer(resources, ENVIRONMENT);
    const media = await publish(bench, server);
    const nginx = await startNginx(resources, new Map(media.map(({ name, bytes }) => [name, bytes])));
    const figures: Figure[] = [];
    for (const resource of media) {
      log(resource.what);
      const [ours, peer] = [nothing(), nothing()];
      // In turns, so that whatever else the machine does falls on both.
      for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
        await serve(resources, ours, pidOf(server.program), resource.url, quick ? 1 : 5);
        await serve(resources, peer, nginx.pid, `${nginx.url}/${resource.name}`, quick ? 1 : 5);
      }
      figures.push(...figuresOf(resource, ours, peer));
    }
    return {
      figures,
      conditions: `wrk with one thread and ${CONNECTIONS} keep-alive connections, ${ROUNDS} × 5 s each in turns, one nginx process with sendfile; no encoder running`,
    };
  },
};
