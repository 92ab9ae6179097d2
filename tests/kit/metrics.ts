// What a server says about itself at /metrics, as numbers.

import { eventually } from './eventually.ts';
import type { Headend } from './headend.ts';

const SAMPLE = /^([a-zA-Z_:][\w:]*(?:\{[^}]*\})?) (\S+)/;

/** Samples by name and labels as printed: `headend_rtmp_sessions_total{code="disconnected"}`. */
export const scrape = async (server: Headend): Promise<ReadonlyMap<string, number>> => {
  const response = await fetch(`${server.api}/metrics`, { headers: { authorization: `Bearer ${server.bootstrap.adminToken}` } });
  if (!response.ok) throw new Error(`/metrics: ${response.status}`);
  const samples = new Map<string, number>();
  for (const line of (await response.text()).split('\n')) {
    const [, name, value] = SAMPLE.exec(line) ?? [];
    if (name !== undefined) samples.set(name, Number(value));
  }
  return samples;
};

/** RTMP connections that ended, by code. */
export const sessionEnds = async (server: Headend): Promise<ReadonlyMap<string, number>> => {
  const ends = new Map<string, number>();
  for (const [name, value] of await scrape(server)) {
    const code = /^headend_rtmp_sessions_total\{code="([^"]+)"\}$/.exec(name)?.[1];
    if (code !== undefined) ends.set(code, value);
  }
  return ends;
};

const MEBIBYTE = 2 ** 20;

/** Bytes in use by JavaScript and by buffers outside of its heap: what a leak of ours would grow. */
const usedMiB = (samples: ReadonlyMap<string, number>): number =>
  ((samples.get('nodejs_heap_size_used_bytes') ?? Number.NaN) + (samples.get('nodejs_external_memory_bytes') ?? Number.NaN)) / MEBIBYTE;

/** Waits until memory in use is at most `limitMiB`: garbage is collected when the process has a moment. Returns what it came to. */
export const settledMemory = (server: Headend, limitMiB: number, deadlineMs = 20_000): Promise<number> => {
  let last = Number.NaN;
  return eventually(`memory in use at most ${limitMiB.toFixed(0)} MiB`, deadlineMs, async () => {
    last = usedMiB(await scrape(server));
    if (last > limitMiB) throw new Error(`${last.toFixed(1)} MiB are in use`);
    return last;
  });
};

export const memoryInUse = async (server: Headend): Promise<number> => usedMiB(await scrape(server));
