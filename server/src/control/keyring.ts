// Server secrets: 32 random bytes per purpose, made at first start and kept in <data>/secrets.json (0600), never in the database.
// Every purpose has a ring: the last key signs, all of them verify, so a rotation appends one and removes the oldest later.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Type from 'typebox';
import { Value } from 'typebox/value';
import { writePrivateFile } from './private-file.ts';

const FILE = 'secrets.json';
const SECRET_BYTES = 32;
/** A verification tries each; more than a rotation in progress needs is a mistake. */
const MAX_KEYS = 4;

export type SigningKey = { readonly kid: string; readonly secret: Uint8Array };
/** At least one; the last one signs. */
export type Keyring = readonly [SigningKey, ...SigningKey[]];
export type Keyrings = { readonly streamKeys: Keyring; readonly playbackTokens: Keyring };

const StoredKey = Type.Object(
  { kid: Type.String({ pattern: '^[a-z0-9]{1,16}$' }), secret: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }) },
  { additionalProperties: false },
);
const StoredRing = Type.Array(StoredKey, { minItems: 1, maxItems: MAX_KEYS });
const StoredFile = Type.Object(
  { version: Type.Literal(1), stream_keys: StoredRing, playback_tokens: StoredRing },
  { additionalProperties: false },
);

export const signingKeyOf = (ring: Keyring): SigningKey => ring.at(-1) ?? ring[0];

const newKey = () => ({ kid: 'k1', secret: randomBytes(SECRET_BYTES).toString('base64url') });

const toRing = (stored: readonly { readonly kid: string; readonly secret: string }[]): Keyring => {
  const [first, ...rest] = stored.map((key) => ({ kid: key.kid, secret: new Uint8Array(Buffer.from(key.secret, 'base64url')) }));
  if (first === undefined) throw new Error(`${FILE} holds an empty ring of keys`);
  return [first, ...rest];
};

const readStored = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Error(`${path} cannot be read`, { cause: error });
  }
};

const parseStored = (path: string, text: string) => {
  // Making new secrets here would revoke every stream key silently, so a damaged file stops the start.
  const damaged = (cause?: unknown) =>
    new Error(`${path} is damaged; restore it from a backup, or delete it to make new secrets (every stream key changes)`, { cause });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw damaged(error);
  }
  if (!Value.Check(StoredFile, parsed)) throw damaged();
  return parsed;
};

export const openKeyrings = async (dataFolder: string): Promise<Keyrings> => {
  const path = join(dataFolder, FILE);
  const text = await readStored(path);
  const stored =
    text === undefined ? { version: 1 as const, stream_keys: [newKey()], playback_tokens: [newKey()] } : parseStored(path, text);
  if (text === undefined) await writePrivateFile(path, `${JSON.stringify(stored, null, 2)}\n`);
  return { streamKeys: toRing(stored.stream_keys), playbackTokens: toRing(stored.playback_tokens) };
};
