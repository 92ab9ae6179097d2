// Where the demo publishes: what the command line says, else what a running server wrote into `<data>/bootstrap.json`.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@headend/core';

export type Destination = { readonly url: string; readonly key?: string };

const property = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;

/** Reads URL and stream key of the server that uses this data folder. */
export const bootstrapDestination = async (dataFolder: string): Promise<Required<Destination>> => {
  const path = join(dataFolder, 'bootstrap.json');
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new AppError('not_found', `Cannot read ${path}. Start the server first, or say --url and --key.`, { cause });
  }
  const url = property(property(content, 'urls'), 'rtmp');
  const key = property(content, 'streamKey');
  if (typeof url !== 'string' || typeof key !== 'string') {
    throw new AppError('bad_request', `${path} has no RTMP address and stream key. Start the server again, or say --url and --key.`);
  }
  return { url, key };
};
