// What only the embedded database can show (its contract runs in tests/contracts): rows that survive kill -9, threads that die, slow answers.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { AppError, wallMs } from '@headend/core';
import type { ChannelRecord } from '../../control/ports.ts';
import { openPgliteStore } from './pglite-store.ts';
import { MAX_IN_FLIGHT, WorkerClient } from './worker-client.ts';

const unexpected = (error: Error): never => {
  throw error;
};
const strict = { onFatal: unexpected, onRestart: unexpected };

const AT = wallMs(1_800_000_000_000);
const aChannel = (id: string): ChannelRecord => ({
  id,
  title: id,
  category: '',
  keyVersion: 1,
  policy: {},
  entitlements: {},
  createdAt: AT,
  updatedAt: AT,
});

const makeFolder = async (t: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'headend-database-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

/** Inserts channels for ever, saying each id once the store has acknowledged it. */
const writerProgram = (folder: string): string => `
  import { openPgliteStore } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'pglite-store.ts')).href)};
  const store = await openPgliteStore({ folder: ${JSON.stringify(folder)}, onFatal() {}, onRestart() {} });
  const at = Date.now();
  for (let i = 0; ; i++) {
    await store.channels.insert({ id: 'c' + i, title: '', category: '', keyVersion: 1, policy: {}, entitlements: {}, createdAt: at, updatedAt: at });
    console.log('c' + i);
  }`;

const ACKNOWLEDGED_BEFORE_KILL = 40;

/** What a writer said before it was killed in the middle of its work. */
const writeUntilKilled = async (t: TestContext, folder: string): Promise<readonly string[]> => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', writerProgram(folder)], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === ACKNOWLEDGED_BEFORE_KILL) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return acknowledged;
};

const orphan = {
  id: 'st_x',
  channelId: 'none',
  state: 'live',
  protocol: null,
  title: 'private title',
  startedAt: AT,
  liveAt: null,
  interruptedAt: null,
  endedAt: null,
  seenAt: AT,
  endReason: null,
} as const;

describe('the embedded database', () => {
  // One folder through all of it: making a database takes seconds, and so does each opening.
  it('lives through what happens to a server', async (t) => {
    const folder = await makeFolder(t);
    const acknowledged = await writeUntilKilled(t, folder);
    assert.ok(acknowledged.length >= ACKNOWLEDGED_BEFORE_KILL);
    const store = await openPgliteStore({ ...strict, folder });

    await t.test('opened again after kill -9 it has every acknowledged row, and is not migrated twice', async () => {
      const kept = new Set((await store.channels.list()).map(({ id }) => id));
      assert.deepEqual(
        acknowledged.filter((id) => !kept.has(id)),
        [],
      );
    });

    await t.test('it reports errors of the other side as errors, with their code and without the query', async () => {
      await assert.rejects(store.streams.save(orphan, []), (error: Error) => {
        assert.match(error.message, /foreign key.*23503/);
        assert.doesNotMatch(error.message, /private title/);
        return true;
      });
    });

    await store.close();
    await store.close();

    await t.test('it starts a new thread when one dies, and loses nothing that was acknowledged', async () => {
      const restarts: Error[] = [];
      const client = new WorkerClient({ folder, onFatal: unexpected, onRestart: (error) => restarts.push(error) });
      await client.open();
      await client.call('channels', 'insert', [aChannel('main')]);
      await client.crash();
      const channels = await client.call('channels', 'list', []);
      assert.ok(Array.isArray(channels) && channels.some(({ id }) => id === 'main'));
      assert.equal(restarts.length, 1);
      await client.close();
    });
  });

  it('says which folder cannot be opened', async () => {
    const path = '/dev/null/database';
    await assert.rejects(openPgliteStore({ ...strict, folder: path }), new RegExp(`database in ${path} cannot be opened`));
  });
});

/** A thread that answers `ready` and then behaves as the code says. */
const program = (body: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort } from 'node:worker_threads'; parentPort.postMessage({ type: 'ready' }); ${body}`)}`,
  );

const isUnavailable = (error: unknown): boolean => error instanceof AppError && error.code === 'unavailable';

describe('the database thread’s client', () => {
  it('gives up on a call that is not answered in time', async () => {
    const client = new WorkerClient({ ...strict, program: program('parentPort.on("message", () => {})'), callTimeoutMs: 1 });
    await client.open();
    await assert.rejects(client.call('channels', 'list', []), isUnavailable);
    await client.close();
  });

  it('tells a full disk apart from a database that is broken', async () => {
    const full = '{ name: "error", message: "could not extend file", code: "53100" }';
    const answer = `parentPort.on("message", ({ id }) => parentPort.postMessage({ type: "error", id, error: ${full} }))`;
    const client = new WorkerClient({ ...strict, program: program(answer) });
    await client.open();
    const isFull = (error: unknown): boolean => error instanceof AppError && error.code === 'storage_full';
    await assert.rejects(client.call('channels', 'insert', []), isFull);
    await client.close();
  });

  it('refuses calls beyond its limit', async () => {
    const client = new WorkerClient({ ...strict, program: program('parentPort.on("message", () => {})') });
    await client.open();
    const waiting = Array.from({ length: MAX_IN_FLIGHT }, () => assert.rejects(client.call('channels', 'list', []), isUnavailable));
    await assert.rejects(client.call('channels', 'list', []), /too far behind/);
    await client.close();
    await Promise.all(waiting);
  });

  it('rejects what is in flight when the thread dies, tells the owner, and gives up after several deaths', async () => {
    const fatal = Promise.withResolvers<Error>();
    const restarts: Error[] = [];
    const suicidal = program('parentPort.on("message", () => { throw new Error("broken machine") })');
    const client = new WorkerClient({ program: suicidal, onFatal: fatal.resolve, onRestart: (error) => restarts.push(error) });
    await client.open();
    for (let death = 0; death < 4; death++) await assert.rejects(client.call('channels', 'list', []), isUnavailable);
    assert.match((await fatal.promise).message, /broken machine/);
    assert.equal(restarts.length, 3);
    await assert.rejects(client.call('channels', 'list', []), isUnavailable);
    await client.close();
  });
});
