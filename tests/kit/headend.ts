// A real Headend server in its own process on free ports, with a data folder of its own that goes with the test.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { afterwards } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { Program } from './program.ts';

const LAUNCHER = fileURLToPath(new URL('../../server/bin/headend.mjs', import.meta.url));
const START_DEADLINE_MS = 30_000;

export type Bootstrap = {
  readonly adminToken: string;
  readonly channelId: string;
  readonly streamKey: string;
  readonly urls: { readonly api: string; readonly watch: string; readonly rtmp: string };
};

export type StreamSummary = { readonly id: string; readonly state: string; readonly channel_id: string };

export class Headend {
  readonly dataFolder: string;
  readonly program: Program;
  readonly bootstrap: Bootstrap;

  constructor(dataFolder: string, program: Program, bootstrap: Bootstrap) {
    this.dataFolder = dataFolder;
    this.program = program;
    this.bootstrap = bootstrap;
  }

  get api(): string {
    return this.bootstrap.urls.api;
  }

  /** rtmp://…/live/<key>: what ffmpeg and GStreamer take. */
  get publishUrl(): string {
    return `${this.bootstrap.urls.rtmp}/${this.bootstrap.streamKey}`;
  }

  async json<T>(route: string, init: RequestInit = {}): Promise<T> {
    const response = await fetch(`${this.api}${route}`, init);
    if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
    // Tests state the shape they expect of their own API.
    return (await response.json()) as T;
  }

  async streams(): Promise<readonly StreamSummary[]> {
    return (await this.json<{ readonly streams: readonly StreamSummary[] }>('/v1/streams')).streams;
  }

  liveStream(deadlineMs = 20_000): Promise<StreamSummary> {
    return eventually('a live stream', deadlineMs, async () => (await this.streams()).find(({ state }) => state === 'live'));
  }

  /** Absolute URL of the multivariant playlist, with an anonymous viewer's token. */
  async manifestUrl(streamId: string): Promise<string> {
    const playback = await this.json<{ readonly hls: string }>(`/v1/streams/${streamId}/playback`, { method: 'POST' });
    return new URL(playback.hls, this.api).href;
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    return this.program.stop(signal);
  }
}

export type HeadendOptions = { readonly env?: Readonly<Record<string, string>>; readonly dataFolder?: string };

const ENVIRONMENT = {
  HEADEND_HOST: '127.0.0.1',
  HEADEND_HTTP_PORT: '0',
  HEADEND_RTMP_PORT: '0',
};

export const temporaryFolder = async (t: TestContext, name: string): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), `headend-${name}-`));
  afterwards(t, () => rm(folder, { recursive: true, force: true }));
  return folder;
};

export const launchHeadend = (dataFolder: string, env: Readonly<Record<string, string>> = {}): Program =>
  new Program(process.execPath, [LAUNCHER, 'serve'], { env: { ...ENVIRONMENT, HEADEND_DATA: dataFolder, ...env } });

export const startHeadend = async (t: TestContext, options: HeadendOptions = {}): Promise<Headend> => {
  const dataFolder = options.dataFolder ?? (await temporaryFolder(t, 'data'));
  const program = launchHeadend(dataFolder, options.env);
  afterwards(t, () => program.stop());
  const bootstrap = await eventually('the server is ready', START_DEADLINE_MS, async () => {
    if (!program.running) throw new Error(`the server ended:\n${program.output}`);
    if (!program.output.includes('Headend is running')) return undefined;
    return JSON.parse(await readFile(path.join(dataFolder, 'bootstrap.json'), 'utf8')) as Bootstrap;
  });
  return new Headend(dataFolder, program, bootstrap);
};
