// A Headend server for a benchmark: its own process and data folder, free ports, quiet log, and channels as many as needed.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createChannel } from '../../tests/kit/channels.ts';
import { eventually } from '../../tests/kit/eventually.ts';
import { type Bootstrap, Headend, launchHeadend } from '../../tests/kit/headend.ts';
import type { Program } from '../../tests/kit/program.ts';

const START_DEADLINE_MS = 60_000;

/** A folder that goes with the benchmark. */
export const benchFolder = async (resources: AsyncDisposableStack, name: string): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), `headend-bench-${name}-`));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

/** A program that ends with the benchmark. */
export const owned = (resources: AsyncDisposableStack, program: Program): Program => {
  resources.defer(() => program.stop());
  return program;
};

export const pidOf = (program: Program): number => {
  if (program.child.pid === undefined) throw new Error(`a program did not start: ${program.output}`);
  return program.child.pid;
};

export const startServer = async (resources: AsyncDisposableStack, env: Readonly<Record<string, string>> = {}): Promise<Headend> => {
  const folder = await benchFolder(resources, 'data');
  const program = owned(resources, launchHeadend(folder, { HEADEND_LOG_LEVEL: 'warn', ...env }));
  const ready = eventually('the server is ready', START_DEADLINE_MS, () => program.output.includes('Headend is running'));
  const ended = program.exited.then(() => Promise.reject(new Error(`the server ended:\n${program.output.slice(-2000)}`)));
  await Promise.race([ready, ended]);
  // Written by the server that was just started.
  const bootstrap = JSON.parse(await readFile(path.join(folder, 'bootstrap.json'), 'utf8')) as Bootstrap;
  return new Headend(folder, program, bootstrap);
};

export type BenchChannel = { readonly id: string; readonly streamKey: string };

export const createChannels = async (server: Headend, count: number, name = 'bench'): Promise<readonly BenchChannel[]> => {
  const channels: BenchChannel[] = [];
  for (let i = 1; i <= count; i++) channels.push(await createChannel(server, `${name}-${i}`));
  return channels;
};

/** Ids of the streams of these channels, in their order, once all can be played. */
export const liveStreams = (server: Headend, channels: readonly BenchChannel[], deadlineMs = 60_000): Promise<readonly string[]> =>
  eventually(`${channels.length} live streams`, deadlineMs, async () => {
    if (!server.program.running) throw new Error(`the server ended:\n${server.program.output.slice(-2000)}`);
    const { streams } = await server.json<{ readonly streams: readonly { id: string; state: string; channel_id: string }[] }>(
      '/v1/streams?state=live&limit=100',
    );
    const found = channels.map(({ id }) => streams.find(({ channel_id: channel }) => channel === id)?.id);
    const live = found.filter((id) => id !== undefined);
    return live.length === channels.length ? live : undefined;
  });
