// The data folder: made if missing, proven writable, and held by one server at a time through <data>/headend.lock. The lock names its
// process (id, start time, boot, host), so that one left by kill -9 or a power cut is recognised as stale and taken over at once.

import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';

const LOCK = 'headend.lock';
/** The holder touches its lock this often, for servers on other hosts (or in other containers) that cannot see its process. */
const HEARTBEAT_MS = 5_000;
const FOREIGN_STALE_MS = 3 * HEARTBEAT_MS;
const FOLDER_MODE = 0o750;

const Holder = Type.Object({
  pid: Type.Integer({ minimum: 1 }),
  /** Clock ticks after boot at which the process started (field 22 of /proc/<pid>/stat); empty where there is no /proc. */
  started: Type.String({ maxLength: 64 }),
  boot: Type.String({ maxLength: 64 }),
  host: Type.String({ maxLength: 256 }),
  since: Type.String({ maxLength: 64 }),
});
export type LockHolder = Static<typeof Holder>;

export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
  readonly code: 'data_folder_locked' | 'data_folder_unusable';

  constructor(code: DataFolderError['code'], message: string, options?: { readonly cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}

export interface DataFolder {
  readonly path: string;
  /** Gives the lock back; idempotent. */
  close(): Promise<void>;
}

const errorCode = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** What to tell the operator about a file system error. */
export const describeFolderError = (path: string, code: string): string => {
  if (code === 'EROFS')
    return `the data folder ${path} is on a read-only file system; mount it writable or choose another (data, HEADEND_DATA)`;
  if (code === 'EACCES' || code === 'EPERM')
    return `the data folder ${path} may not be written by this user; change its owner or choose another (data, HEADEND_DATA)`;
  if (code === 'ENOSPC' || code === 'EDQUOT') return `there is no room left for the data folder ${path}; free some space`;
  if (code === 'ENOTDIR' || code === 'EEXIST') return `the data folder ${path} cannot be made: part of the path is a file`;
  return `the data folder ${path} cannot be used (${code || 'unknown error'})`;
};

const readOr = async (path: string, fallback: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return fallback;
  }
};

/** Field 22 of /proc/<pid>/stat; the command in field 2 may hold spaces and brackets, so count from the last bracket. */
const startTimeOf = async (pid: number): Promise<string> => {
  const text = await readOr(`/proc/${pid}/stat`, '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
};

const describeSelf = async (): Promise<LockHolder> => ({
  pid: process.pid,
  started: await startTimeOf(process.pid),
  boot: (await readOr('/proc/sys/kernel/random/boot_id', '')).trim(),
  host: hostname(),
  since: new Date().toISOString(),
});

const processExists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
};

const parseHolder = (text: string): LockHolder | undefined => {
  try {
    const parsed: unknown = JSON.parse(text);
    return Value.Check(Holder, parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
};

const isAlive = async (holder: LockHolder, self: LockHolder, ageMs: number): Promise<boolean> => {
  if (holder.host !== self.host) return ageMs < FOREIGN_STALE_MS;
  if (holder.boot !== self.boot) return false;
  if (!processExists(holder.pid)) return false;
  return holder.started === '' || holder.started === (await startTimeOf(holder.pid));
};

const locked = (path: string, holder: LockHolder): DataFolderError => {
  const elsewhere = holder.host === hostname() ? '' : ` on ${holder.host}`;
  const wait = elsewhere === '' ? '' : ` If that server is gone, start again in ${FOREIGN_STALE_MS / 1000} seconds.`;
  return new DataFolderError(
    'data_folder_locked',
    `another server (process ${holder.pid}${elsewhere}, since ${holder.since}) uses the data folder ${path}; stop it, or give this one its own (data, HEADEND_DATA).${wait}`,
  );
};

/** A takeover is a read and an unlink; one that is older died in between. */
const TAKEOVER_STALE_MS = 2_000;

/**
 * Removes the stale lock whose text was read. Only one server at a time may do so (a folder is made by exactly one), and only after it saw the
 * very same text again: otherwise a server that read the stale lock early could remove the fresh one of a faster rival.
 */
const removeStale = async (path: string, text: string): Promise<void> => {
  const takeover = `${path}.takeover`;
  try {
    await mkdir(takeover);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    const info = await stat(takeover).catch(() => undefined);
    if (info !== undefined && Date.now() - info.mtimeMs > TAKEOVER_STALE_MS) await rm(takeover, { recursive: true, force: true });
    return;
  }
  try {
    if ((await readOr(path, '')) === text) await rm(path, { force: true });
  } finally {
    await rm(takeover, { recursive: true, force: true });
  }
};

const ATTEMPTS = 3;
/** A lock without content is being written this very moment, or its writer died in between. */
const UNWRITTEN_GRACE_MS = 2_000;

const takeLock = async (folder: string, self: LockHolder): Promise<string> => {
  const path = join(folder, LOCK);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      // 'wx' fails when the file exists: that is the lock.
      await writeFile(path, JSON.stringify(self), { flag: 'wx', mode: 0o640, flush: true });
      return path;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    const text = await readOr(path, '');
    const holder = parseHolder(text);
    const info = await stat(path).catch(() => undefined);
    const ageMs = info === undefined ? Number.POSITIVE_INFINITY : Date.now() - info.mtimeMs;
    if (holder === undefined && ageMs < UNWRITTEN_GRACE_MS) {
      throw new DataFolderError('data_folder_locked', `another server is just starting on the data folder ${folder}`);
    }
    if (holder !== undefined && (await isAlive(holder, self, ageMs))) throw locked(folder, holder);
    await removeStale(path, text);
  }
  throw new DataFolderError('data_folder_locked', `several servers are starting on the data folder ${folder} at once`);
};

const prove = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  const probe = join(folder, `.probe-${process.pid}`);
  await writeFile(probe, 'writable?');
  await rm(probe, { force: true });
};

export const openDataFolder = async (folder: string): Promise<DataFolder> => {
  let lock: string;
  const self = await describeSelf();
  try {
    await prove(folder);
    lock = await takeLock(folder, self);
  } catch (error) {
    if (error instanceof DataFolderError) throw error;
    throw new DataFolderError('data_folder_unusable', describeFolderError(folder, errorCode(error)), { cause: error });
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A missing or unwritable lock shows in readiness (disk); nothing better can be done here.
    utimes(lock, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    path: folder,
    async close() {
      clearInterval(heartbeat);
      // Only our own lock: after a takeover it belongs to somebody else.
      const holder = parseHolder(await readOr(lock, ''));
      if (holder?.pid === self.pid && holder.since === self.since) await rm(lock, { force: true });
    },
  };
};
