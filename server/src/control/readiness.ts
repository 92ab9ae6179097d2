// Whether this server can do its work: the database answers and the disk has room. The composition root adds its listeners.

import { statfs } from 'node:fs/promises';
import type { ControlStore } from './ports.ts';

export type Check = { readonly ok: boolean; readonly detail?: string };
export type Readiness = Readonly<Record<string, Check>>;

/** A few seconds of many streams; below it segments and the database's log are about to fail. */
export const MIN_FREE_BYTES = 64 * 1024 * 1024;

const checkDatabase = async (store: ControlStore): Promise<Check> => {
  try {
    await store.ping();
    return { ok: true };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : 'the database does not answer' };
  }
};

const checkDisk = async (dataFolder: string): Promise<Check> => {
  try {
    const { bavail, bsize } = await statfs(dataFolder);
    const free = bavail * bsize;
    return free >= MIN_FREE_BYTES ? { ok: true } : { ok: false, detail: `${Math.floor(free / 1024 / 1024)} MiB are free` };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : 'the data folder cannot be read' };
  }
};

export const checkReadiness = async (store: ControlStore, dataFolder: string): Promise<Readiness> => {
  const [database, disk] = await Promise.all([checkDatabase(store), checkDisk(dataFolder)]);
  return { database, disk };
};
