// The messages between the server thread and the database thread. Both ends are this same program, so the table of methods is the type.

import type { ControlStore } from '../../control/ports.ts';

/** Every method that crosses the thread. `satisfies` keeps it complete and spelled right. */
export const remoteMethods = {
  channels: ['list', 'insert', 'update'],
  streams: ['save', 'list', 'find', 'touch'],
  renditions: ['replace', 'list'],
  admins: ['list', 'insert'],
} as const satisfies { readonly [Group in keyof Omit<ControlStore, 'ping' | 'close'>]: readonly (keyof ControlStore[Group])[] };

export type Group = keyof typeof remoteMethods;

export type Request =
  | { readonly id: number; readonly group: Group; readonly method: string; readonly args: readonly unknown[] }
  | { readonly id: number; readonly group: 'self'; readonly method: 'ping' | 'close'; readonly args: readonly [] };

export type RemoteError = { readonly name: string; readonly message: string; readonly code?: string };

export type Reply =
  | { readonly type: 'ready' }
  | { readonly type: 'broken'; readonly error: RemoteError }
  | { readonly type: 'value'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: RemoteError };

export type WorkerOptions = {
  /** Folder of the database; absent for one in memory (tests). */
  readonly folder?: string;
};

/** The deepest cause names what happened; the wrappers on top only repeat the query (with its values, which may be private). */
export const toRemoteError = (error: unknown): RemoteError => {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  if (!(deepest instanceof Error)) return { name: 'Error', message: String(deepest) };
  const code = 'code' in deepest && typeof deepest.code === 'string' ? { code: deepest.code } : {};
  return { name: deepest.name, message: deepest.message, ...code };
};
