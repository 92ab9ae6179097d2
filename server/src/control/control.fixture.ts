// Control over the memory store and a virtual clock, in a folder of its own, for tests of streams, bootstrap and API.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { PublishPolicy } from '../ingest/ports.ts';
import { createLog, type Log } from '../observe/index.ts';
import { type Control, createControl } from './control.ts';
import { createMemoryStore, type MemoryStore } from './memory-store.fixture.ts';
import { VirtualClock } from './virtual-clock.fixture.ts';

export const WINDOW_MS = 30_000;

export const testPolicy: PublishPolicy = {
  maxBitrate: 20_000_000,
  bitrateWindowMs: 10_000,
  maxWidth: 3840,
  maxHeight: 2160,
  maxFrameRate: 60,
  codecs: ['h264', 'hevc', 'av1', 'aac', 'opus'],
  maxKeyframeIntervalMs: 4000,
  keyframeInterval: 'warn',
  takeoverAfterMs: 5000,
};

export const silentLog: Log = createLog({ level: 'silent' });

export const makeFolder = async (t: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'headend-control-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

export type Bench = {
  readonly control: Control;
  readonly store: MemoryStore;
  readonly clock: VirtualClock;
  readonly folder: string;
  readonly told: string[];
};

export type BenchOptions = Partial<Pick<Bench, 'store' | 'clock' | 'folder'>> & { readonly windowMs?: number };

/** A started control; `told` collects what its listeners hear, as `event channel-or-reason`. */
export const makeControl = async (t: TestContext, options: BenchOptions = {}): Promise<Bench> => {
  const store = options.store ?? createMemoryStore();
  const clock = options.clock ?? new VirtualClock();
  const folder = options.folder ?? (await makeFolder(t));
  const reconnectWindowMs = options.windowMs ?? WINDOW_MS;
  const control = await createControl({ store, dataFolder: folder, reconnectWindowMs, policy: testPolicy, log: silentLog, clock });
  const told: string[] = [];
  control.streams.on({
    streamStarting: () => told.push('starting'),
    streamLive: () => told.push('live'),
    streamInterrupted: () => told.push('interrupted'),
    streamResumed: () => told.push('resumed'),
    streamEnded: (_stream, reason) => told.push(`ended ${reason}`),
    stopRequested: () => told.push('stop requested'),
    event: (event) => told.push(event.type),
  });
  await control.start();
  return { control, store, clock, folder, told };
};
