// The database thread: PGlite, Drizzle and the repository, answering requests from the server thread. PGlite runs each query synchronously,
// so it must never share a thread with media. It exits when its WebAssembly machine breaks; the server thread starts a new one.

import { join } from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import type { ControlStore } from '../../control/ports.ts';
import { createRepository } from './repository.ts';
import { type Reply, type Request, remoteMethods, toRemoteError, type WorkerOptions } from './rpc.ts';
import * as schema from './schema.ts';

const MIGRATIONS = join(import.meta.dirname, 'drizzle');

/** The tables are small; the default of 128 MB would make up a third of an idle server's memory. */
const SHARED_BUFFERS = '8MB';

const open = async (options: WorkerOptions): Promise<ControlStore> => {
  const startParams = [...PGlite.defaultStartParams, '-c', `shared_buffers=${SHARED_BUFFERS}`];
  const client = await PGlite.create({ startParams, ...(options.folder === undefined ? {} : { dataDir: options.folder }) });
  const db = drizzle({ client, schema });
  await migrate(db, { migrationsFolder: MIGRATIONS });
  return createRepository(db, () => client.close());
};

const dispatch = (store: ControlStore, request: Request): Promise<unknown> => {
  if (request.group === 'self') return store[request.method]();
  const names: readonly string[] = remoteMethods[request.group];
  if (!names.includes(request.method)) return Promise.reject(new Error(`no remote method ${request.group}.${request.method}`));
  // The sender is the typed client of this same version (pglite-store.ts), so name and arguments belong together.
  const group = store[request.group] as unknown as Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>;
  const method = group[request.method];
  return method === undefined ? Promise.reject(new Error('method missing')) : method(...request.args);
};

const serve = (port: MessagePort, store: ControlStore): void => {
  const reply = (message: Reply): void => port.postMessage(message);
  port.on('message', (request: Request) => {
    dispatch(store, request).then(
      (value) => {
        reply({ type: 'value', id: request.id, value });
        if (request.group === 'self' && request.method === 'close') port.close();
      },
      (error: unknown) => {
        reply({ type: 'error', id: request.id, error: toRemoteError(error) });
        // After a trap the database's memory is in no known state; its files are (write-ahead log), so start over from them.
        if (toRemoteError(error).name === 'RuntimeError') process.exit(1);
      },
    );
  });
  reply({ type: 'ready' });
};

if (parentPort !== null) {
  const port = parentPort;
  const options: WorkerOptions = workerData;
  open(options).then(
    (store) => serve(port, store),
    (error: unknown) => {
      port.postMessage({ type: 'broken', error: toRemoteError(error) } satisfies Reply);
      port.close();
    },
  );
}
