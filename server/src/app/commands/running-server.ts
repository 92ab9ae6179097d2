// How a command finds the server that runs on a data folder: bootstrap.json, and its API with the administrator's secret.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '@headend/core';
import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';

const BootstrapFile = Type.Object({
  adminToken: Type.Union([Type.String(), Type.Null()]),
  channelId: Type.String(),
  urls: Type.Object({ api: Type.String() }),
});

export type RunningServer = Static<typeof BootstrapFile>;

export const findRunningServer = async (dataFolder: string): Promise<RunningServer> => {
  const file = path.join(dataFolder, 'bootstrap.json');
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new AppError(
      'unavailable',
      `No server runs on ${dataFolder} (${file} cannot be read). Start one, or name its folder with --data.`,
      { cause },
    );
  }
  if (!Value.Check(BootstrapFile, parsed)) throw new AppError('unavailable', `${file} is damaged; restart the server to write it anew.`);
  return parsed;
};

/** Calls the server's API as administrator. Throws AppError with the problem document's text. */
export const callServer = async (server: RunningServer, method: 'GET' | 'POST', route: string): Promise<unknown> => {
  const headers = { authorization: `Bearer ${server.adminToken ?? ''}` };
  const response = await fetch(`${server.urls.api}${route}`, { method, headers }).catch((cause: unknown) => {
    throw new AppError('unavailable', `The server at ${server.urls.api} does not answer.`, { cause });
  });
  const body: unknown = await response.json();
  if (response.ok) return body;
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : `HTTP ${response.status}`;
  throw new AppError(response.status === 404 ? 'not_found' : 'forbidden', detail);
};
