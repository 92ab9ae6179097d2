// Fifty encoders at once on this machine: all stay live, every stream's edge stays within a second of its encoder, playlists keep
// the rules. The edge is read as a viewer would: newest part of the playlist, its decode time from its own bytes, against the moment
// at which the load generator was due to send that media time.

import { setTimeout as wait } from 'node:timers/promises';
import { parseMediaPlaylist } from '@headend/manifest';
import { type InitSegment, parseChunks, parseInitSegment } from '@headend/media';
import { fetchText, PresentationClient } from '@headend/tools/hls-client';
import type { LoadReport } from '@headend/tools/load';
import type { Headend } from '../tests/kit/headend.ts';
import { sessionEnds } from '../tests/kit/metrics.ts';
import type { BenchContext, Benchmark } from './kit/figure.ts';
import { bitrateOf, MEGABIT, startLoad } from './kit/load.ts';
import { cpuSeconds, residentMiB } from './kit/process-cost.ts';
import { createChannels, liveStreams, pidOf, startServer } from './kit/server.ts';
import { median, worst } from './kit/statistics.ts';

const PUBLISHERS = 50;
/** Streams whose every playlist update is fetched and judged. */
const SAMPLED = 4;
/** Pause between two looks at an edge: each of the fifty comes up every seven seconds or so. */
const LOOK_EVERY_MS = 120;
const LOAD_SECONDS = 240;
const EDGE_WITHIN_MS = 1000;

/** What was seen of one stream's edge: media time that a viewer can have, and when. */
type Edge = { readonly stream: number; readonly mediaMs: number; readonly seenAt: number };

const bytesOf = async (url: URL): Promise<Uint8Array> => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname.split('/').slice(-2).join('/')}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
};

/** Looks at the video edge of one stream again and again. */
class EdgeWatch {
  readonly #url: string;
  readonly #tracks: InitSegment['tracks'];
  readonly #timescale: number;

  private constructor(url: string, tracks: InitSegment['tracks'], timescale: number) {
    this.#url = url;
    this.#tracks = tracks;
    this.#timescale = timescale;
  }

  static async open(manifestUrl: string): Promise<EdgeWatch> {
    const client = await PresentationClient.open(manifestUrl);
    const [uri = ''] = client.multivariant.variants.map((variant) => variant.uri);
    const url = new URL(uri, manifestUrl).href;
    const playlist = parseMediaPlaylist(client.followers.get(uri)?.newest ?? '');
    const map = playlist.ok ? playlist.value.segments.at(-1)?.map : undefined;
    const init = parseInitSegment(await bytesOf(new URL(map ?? '', url)));
    if (!init.ok) throw new Error(`${uri}: ${init.error.message}`);
    return new EdgeWatch(url, init.value.tracks, init.value.tracks[0]?.timescale ?? Number.NaN);
  }

  /** End of the newest part, in milliseconds of media time; the time is taken after the playlist has come and before the part is asked for. */
  async look(stream: number): Promise<Edge> {
    const { text } = await fetchText(this.#url);
    const seenAt = performance.timeOrigin + performance.now();
    const playlist = parseMediaPlaylist(text);
    if (!playlist.ok) throw new Error(playlist.error.message);
    const { open, segments } = playlist.value;
    const part = open?.parts.at(-1) ?? segments.at(-1)?.parts.at(-1);
    if (part === undefined) throw new Error('a playlist without parts');
    const chunks = parseChunks(await bytesOf(new URL(part.uri, this.#url)), this.#tracks);
    const chunk = chunks.ok ? chunks.value.at(-1) : undefined;
    if (chunk === undefined) throw new Error(`${part.uri} cannot be read`);
    const end = chunk.baseDecodeTime + chunk.samples.reduce((total, { duration }) => total + duration, 0);
    return { stream, mediaMs: (end * 1000) / this.#timescale, seenAt };
  }
}

const watchEdges = async (watches: readonly EdgeWatch[], until: number): Promise<readonly Edge[]> => {
  const edges: Edge[] = [];
  for (let i = 0; performance.now() < until; i = (i + 1) % watches.length) {
    const edge = await watches[i]?.look(i);
    if (edge !== undefined) edges.push(edge);
    await wait(LOOK_EVERY_MS);
  }
  return edges;
};

type Followed = { readonly playlists: number; readonly violations: readonly string[] };

const followSample = async (manifestUrls: readonly string[], until: number): Promise<Followed> => {
  const violations: string[] = [];
  let playlists = 0;
  const follow = async (manifestUrl: string): Promise<void> => {
    const client = await PresentationClient.open(manifestUrl);
    const followOne = async (follower: { next(): Promise<unknown> }): Promise<void> => {
      for (; performance.now() < until; playlists++) await follower.next();
    };
    await Promise.all([...client.followers.values()].map(followOne));
    client.compare();
    violations.push(...client.violations.filter(({ level }) => level === 'must').map(({ rule, message }) => `${rule}: ${message}`));
  };
  await Promise.all(manifestUrls.map(follow));
  return { playlists, violations };
};

/** Milliseconds from the moment a media time was due at the encoder to the moment it was seen at the edge. */
const lags = (edges: readonly Edge[], { publishers }: LoadReport): readonly number[] =>
  edges.map(({ stream, mediaMs, seenAt }) => seenAt - ((publishers[stream]?.startedAt ?? Number.NaN) + mediaMs));

const share = (from: number, to: number, seconds: number): number => ((to - from) / seconds) * 100;

const measure = async (bench: BenchContext, server: Headend, seconds: number) => {
  const { resources, log } = bench;
  const channels = await createChannels(server, PUBLISHERS);
  const load = await startLoad(resources, {
    url: server.bootstrap.urls.rtmp,
    keys: channels.map(({ streamKey }) => streamKey),
    seconds: LOAD_SECONDS,
    bitrate: 2 * MEGABIT,
    size: '1280x720',
  });
  const ids = await liveStreams(server, channels);
  log(`${PUBLISHERS} streams are live`);
  const manifests: string[] = [];
  for (const id of ids) manifests.push(await server.manifestUrl(id));
  const watches: EdgeWatch[] = [];
  for (const manifest of manifests) watches.push(await EdgeWatch.open(manifest));
  const pids = [pidOf(server.program), pidOf(load.program), process.pid];
  const before = pids.map(cpuSeconds);
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  const [edges, followed] = await Promise.all([watchEdges(watches, until), followSample(manifests.slice(0, SAMPLED), until)]);
  const elapsed = (performance.now() - startedAt) / 1000;
  const shares = pids.map((pid, i) => share(before[i] ?? 0, cpuSeconds(pid), elapsed));
  const memory = residentMiB(pidOf(server.program));
  const stillLive = await server.json<{ readonly streams: readonly { readonly id: string }[] }>('/v1/streams?state=live&limit=100');
  const ended = [...(await sessionEnds(server)).values()].reduce((sum, count) => sum + count, 0);
  const live = ids.filter((id) => stillLive.streams.some((stream) => stream.id === id)).length;
  return { edges, followed, shares, memory, live, ended, report: await load.finish() };
};

export const fiftyPublishers: Benchmark = {
  name: 'fifty-publishers',
  summary: `${PUBLISHERS} simultaneous 2 Mb/s publishers`,
  limitSeconds: 300,
  async run(bench) {
    const seconds = bench.quick ? 8 : 60;
    const server = await startServer(bench.resources);
    const { edges, followed, shares, memory, live, ended, report } = await measure(bench, server, seconds);
    const behind = lags(edges, report);
    const [serverShare = Number.NaN, loadShare = Number.NaN, benchShare = Number.NaN] = shares;
    const failures = report.publishers.flatMap(({ failure }) => failure ?? []);
    for (const problem of [...new Set([...failures, ...followed.violations])].slice(0, 5)) bench.log(problem);
    const late = `the load generator itself was late by ${Math.round(report.worstLatenessMs)} ms at worst`;
    return {
      figures: [
        { name: 'streams live after the time', value: live, unit: '', goal: { atLeast: PUBLISHERS } },
        { name: 'connections lost or made anew', value: ended + failures.length, unit: '', goal: { atMost: 0 } },
        { name: 'edge behind its encoder, worst', value: worst(behind), unit: 'ms', goal: { atMost: EDGE_WITHIN_MS }, beside: late },
        { name: 'edge behind its encoder, median', value: median(behind), unit: 'ms', beside: 'a part alone lasts 200 ms' },
        {
          name: 'broken MUSTs in playlists',
          value: followed.violations.length,
          unit: '',
          goal: { atMost: 0 },
          beside: `${followed.playlists} playlists of ${SAMPLED} streams judged`,
        },
        {
          name: 'CPU of the server',
          value: serverShare,
          unit: '% of a core',
          beside: `load generator ${loadShare.toFixed(0)} %, judging client ${benchShare.toFixed(0)} %, of 200 %`,
        },
        { name: 'resident memory of the server', value: memory, unit: 'MiB' },
      ],
      conditions:
        `${seconds} s, each 1280x720 at 30 fps with AAC at ${bitrateOf(report).toFixed(2)} Mb/s; ${edges.length} looks at edges; ` +
        'server, load and judging client on this machine',
    };
  },
};
