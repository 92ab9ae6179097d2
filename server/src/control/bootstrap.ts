// First start: an administrator, the channel `main` and its stream key; and <data>/bootstrap.json (0600), which says how to reach this
// server. While a server starts, the file is called bootstrap.pending.json: whoever waits for bootstrap.json never reads the addresses of
// the previous run. Every step can be repeated after a crash: the secret is on disk before its hash is in the database.

import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Type from 'typebox';
import { Value } from 'typebox/value';
import { type AdminDirectory, createAdminSecret, hashAdminSecret } from './admin-secrets.ts';
import type { Channels } from './channels.ts';
import type { Ids } from './ids.ts';
import type { AdminStore, Clock } from './ports.ts';
import { writePrivateFile } from './private-file.ts';

const FILE = 'bootstrap.json';
const PENDING = 'bootstrap.pending.json';
export const FIRST_CHANNEL = 'main';

/** Addresses of this server as others reach it; null for a protocol that does not run. */
export type BootstrapUrls = {
  /** Base of /v1, without it. */
  readonly api: string;
  readonly watch: string;
  readonly studio: string | null;
  readonly rtmp: string | null;
  readonly srt: string | null;
  readonly whip: string | null;
  /** The site over HTTPS, and RTMP over TLS, when a certificate is given. */
  readonly https: string | null;
  readonly rtmps: string | null;
};

export type Bootstrap = {
  /** Null when the file was deleted after the first start: only a hash is kept. */
  readonly adminToken: string | null;
  readonly channelId: string;
  readonly streamKey: string;
  readonly urls: BootstrapUrls;
};

export type FirstStart = {
  /** The administrator was made by this very start; print the secret now, once. */
  readonly firstStart: boolean;
  readonly adminToken: string | null;
  readonly channelId: string;
  readonly streamKey: string;
};

export type BootstrapDeps = {
  readonly dataFolder: string;
  readonly admins: AdminStore;
  readonly directory: AdminDirectory;
  readonly knownAdmins: number;
  readonly channels: Channels;
  readonly clock: Clock;
  readonly ids: Ids;
};

const Kept = Type.Object({ adminToken: Type.Union([Type.String({ maxLength: 128 }), Type.Null()]) });

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

const readToken = async (path: string): Promise<string | null> => {
  try {
    const parsed: unknown = JSON.parse(await readFile(path, 'utf8'));
    return Value.Check(Kept, parsed) ? parsed.adminToken : null;
  } catch {
    // Missing, or damaged: the database's hash stays good, only the copy for the operator is lost.
    return null;
  }
};

const setAside = async (dataFolder: string): Promise<string | null> => {
  const pending = join(dataFolder, PENDING);
  try {
    await rename(join(dataFolder, FILE), pending);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return readToken(pending);
};

/** Makes what is missing. The channel is only made together with the first administrator: an operator may delete `main` later. */
export const prepareBootstrap = async (deps: BootstrapDeps): Promise<FirstStart> => {
  const kept = await setAside(deps.dataFolder);
  const firstStart = deps.knownAdmins === 0;
  const adminToken = firstStart ? (kept ?? createAdminSecret()) : kept;
  await writePrivateFile(join(deps.dataFolder, PENDING), `${JSON.stringify({ adminToken })}\n`);
  if (firstStart && adminToken !== null) {
    if (deps.channels.get(FIRST_CHANNEL) === undefined) {
      const created = await deps.channels.create(FIRST_CHANNEL, { title: 'Main channel' });
      if (!created.ok) throw created.error;
    }
    // Last, because it marks the first start as done.
    const admin = { id: deps.ids('admin'), name: 'admin', tokenHash: hashAdminSecret(adminToken), createdAt: deps.clock.now() };
    await deps.admins.insert(admin);
    deps.directory.add(admin);
  }
  const valid = adminToken !== null && deps.directory.authenticate(adminToken) !== undefined;
  const channelId = deps.channels.get(FIRST_CHANNEL)?.id ?? deps.channels.list()[0]?.id ?? FIRST_CHANNEL;
  const key = deps.channels.streamKey(channelId);
  if (!key.ok) throw key.error;
  return { firstStart, adminToken: valid ? adminToken : null, channelId, streamKey: key.value };
};

/** Writes bootstrap.json once the listeners' ports are known. Called again when the key of its channel changes. */
export const publishBootstrap = async (dataFolder: string, bootstrap: Bootstrap): Promise<void> => {
  await writePrivateFile(join(dataFolder, FILE), `${JSON.stringify(bootstrap, null, 2)}\n`);
  await rm(join(dataFolder, PENDING), { force: true });
};
