// The server thread's end of the database thread: numbers the calls, times them out, and starts a new thread when one dies. A thread that
// keeps dying is fatal: the owner is told once and every later call fails at once. A call in flight during a crash is not repeated, because
// it may have been done; its caller hears `unavailable` and decides.

import { Worker } from 'node:worker_threads';
import { AppError } from '@headend/core';
import type { RemoteError, Reply, Request, WorkerOptions } from './rpc.ts';

/** A healthy call takes a millisecond or two; opening a database that must replay its log may take seconds. */
const CALL_TIMEOUT_MS = 10_000;
const OPEN_TIMEOUT_MS = 60_000;
/** Calls waiting at once; past it the database is hopelessly behind and callers are refused. */
export const MAX_IN_FLIGHT = 1_000;
const MAX_RESTARTS = 3;
const RESTART_SPAN_MS = 60_000;

export type WorkerClientOptions = WorkerOptions & {
  /** Called once when the database cannot be kept running. */
  readonly onFatal: (error: Error) => void;
  readonly onRestart: (error: Error) => void;
  readonly onCall?: (operation: string, seconds: number, failed: boolean) => void;
  readonly callTimeoutMs?: number;
  /** Another program for the thread; tests use one that misbehaves. */
  readonly program?: URL;
};

type Call = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void; readonly timer: NodeJS.Timeout };

const PROGRAM = new URL('./pglite-worker.ts', import.meta.url);

/** PostgreSQL's disk_full (53100): the database goes on, and what needed the room may be tried again. */
const DISK_FULL = '53100';

const revive = (remote: RemoteError): Error => {
  const error = new Error(remote.code === undefined ? remote.message : `${remote.message} (${remote.code})`);
  error.name = remote.name;
  return remote.code === DISK_FULL ? new AppError('storage_full', undefined, { cause: error }) : error;
};

const unavailable = (detail: string, cause?: unknown): AppError => new AppError('unavailable', detail, { cause });

export class WorkerClient {
  readonly #options: WorkerClientOptions;
  readonly #calls = new Map<number, Call>();
  readonly #crashes: number[] = [];
  #worker: Worker | undefined;
  #ready: Promise<void> = Promise.resolve();
  #nextId = 1;
  #state: 'running' | 'closing' | 'closed' | 'dead' = 'running';

  constructor(options: WorkerClientOptions) {
    this.#options = options;
  }

  /** Rejects with what went wrong when the database cannot be opened. */
  open(): Promise<void> {
    this.#ready = this.#start();
    return this.#ready;
  }

  #start(): Promise<void> {
    const { folder, program } = this.#options;
    const workerData: WorkerOptions = folder === undefined ? {} : { folder };
    // Flags of the command line (--eval, --test) are about the main program, not about this one.
    const worker = new Worker(program ?? PROGRAM, { workerData, name: 'database', execArgv: [] });
    this.#worker = worker;
    const started = Promise.withResolvers<void>();
    let opened = false;
    let failure: Error | undefined;
    const timer = setTimeout(() => {
      failure = new Error(`the database did not open within ${OPEN_TIMEOUT_MS / 1000} s`);
      void worker.terminate();
    }, OPEN_TIMEOUT_MS);
    worker.on('message', (reply: Reply) => {
      if (reply.type === 'ready') {
        opened = true;
        clearTimeout(timer);
        started.resolve();
      } else if (reply.type === 'broken') failure = revive(reply.error);
      else this.#settle(reply);
    });
    worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error));
    });
    worker.on('exit', (code) => {
      clearTimeout(timer);
      const error = failure ?? new Error(`the database thread ended with code ${code}`);
      if (opened) this.#crashed(worker, error);
      else started.reject(error);
    });
    return started.promise;
  }

  #settle(reply: Extract<Reply, { id: number }>): void {
    const call = this.#calls.get(reply.id);
    if (call === undefined) return;
    this.#calls.delete(reply.id);
    clearTimeout(call.timer);
    if (reply.type === 'value') call.resolve(reply.value);
    else call.reject(revive(reply.error));
  }

  #failAll(error: Error): void {
    for (const call of this.#calls.values()) {
      clearTimeout(call.timer);
      call.reject(error);
    }
    this.#calls.clear();
  }

  #crashed(worker: Worker, error: Error): void {
    if (this.#worker !== worker || this.#state === 'closed') return;
    this.#failAll(unavailable('The database thread ended; try again.', error));
    if (this.#state === 'closing') return;
    const now = performance.now();
    this.#crashes.push(now);
    while ((this.#crashes[0] ?? now) < now - RESTART_SPAN_MS) this.#crashes.shift();
    if (this.#crashes.length > MAX_RESTARTS) {
      this.#die(error);
      return;
    }
    this.#options.onRestart(error);
    this.#ready = this.#start();
    this.#ready.catch((cause: unknown) => this.#die(cause instanceof Error ? cause : error));
  }

  #die(error: Error): void {
    if (this.#state !== 'running') return;
    this.#state = 'dead';
    this.#failAll(unavailable('The database is gone.', error));
    this.#options.onFatal(error);
  }

  async call(group: Request['group'], method: string, args: readonly unknown[]): Promise<unknown> {
    const startedAt = performance.now();
    let failed = true;
    try {
      const value = await this.#call(group, method, args);
      failed = false;
      return value;
    } finally {
      this.#options.onCall?.(`${group}.${method}`, (performance.now() - startedAt) / 1000, failed);
    }
  }

  async #call(group: Request['group'], method: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#state !== 'running' && method !== 'close') throw unavailable('The database is closed.');
    await this.#ready.catch((cause: unknown) => {
      throw unavailable('The database is not open.', cause);
    });
    if (this.#calls.size >= MAX_IN_FLIGHT) throw unavailable('The database is too far behind.');
    const id = this.#nextId++;
    const timeoutMs = this.#options.callTimeoutMs ?? CALL_TIMEOUT_MS;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#calls.delete(id);
        reject(unavailable(`The database did not answer within ${timeoutMs} ms.`));
      }, timeoutMs);
      this.#calls.set(id, { resolve, reject, timer });
      this.#worker?.postMessage({ id, group, method, args });
    });
  }

  /** Ends the thread abruptly, as a crash would. For tests. */
  async crash(): Promise<void> {
    await this.#worker?.terminate();
  }

  async close(): Promise<void> {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    const wasRunning = this.#state === 'running';
    this.#state = 'closing';
    try {
      // A database that never opened or just crashed cannot be closed politely; every acknowledged write is on disk already.
      if (wasRunning) await this.call('self', 'close', []).catch(() => undefined);
    } finally {
      this.#state = 'closed';
      this.#failAll(unavailable('The database is closed.'));
      await this.#worker?.terminate();
    }
  }
}
