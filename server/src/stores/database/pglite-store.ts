// The embedded ControlStore: PGlite in its own thread, behind the port. Durable: a call that resolved survives kill -9.

import type { ControlStore } from '../../control/ports.ts';
import { type Group, remoteMethods } from './rpc.ts';
import { WorkerClient, type WorkerClientOptions } from './worker-client.ts';

export type PgliteStoreOptions = WorkerClientOptions;

const remote = <Name extends Group>(client: WorkerClient, group: Name): ControlStore[Name] => {
  const entries = remoteMethods[group].map((method) => [method, (...args: readonly unknown[]) => client.call(group, method, args)]);
  // Built from the same table that the type is checked against (rpc.ts); the thread's answers have the port's types.
  return Object.fromEntries(entries) as unknown as ControlStore[Name];
};

export const openPgliteStore = async (options: PgliteStoreOptions): Promise<ControlStore> => {
  const client = new WorkerClient(options);
  try {
    await client.open();
  } catch (cause) {
    await client.close();
    const where = options.folder ?? 'memory';
    throw new Error(`the database in ${where} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return {
    channels: remote(client, 'channels'),
    streams: remote(client, 'streams'),
    renditions: remote(client, 'renditions'),
    admins: remote(client, 'admins'),
    async ping() {
      await client.call('self', 'ping', []);
    },
    close: () => client.close(),
  };
};
