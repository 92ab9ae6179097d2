// `headend keys`: shows a channel's stream key, or rotates it (which revokes the one before).

import { AppError } from '@headend/core';
import type { Command } from 'commander';
import { callServer, findRunningServer } from './running-server.ts';

type KeyOptions = { readonly data: string };

const dataFolder = (): string => process.env['HEADEND_DATA'] ?? 'data';

const printKey = async (method: 'GET' | 'POST', channel: string | undefined, options: KeyOptions): Promise<void> => {
  const server = await findRunningServer(options.data);
  const route = `/v1/channels/${encodeURIComponent(channel ?? server.channelId)}/key${method === 'POST' ? '/rotate' : ''}`;
  const body = await callServer(server, method, route);
  if (typeof body !== 'object' || body === null || !('stream_key' in body))
    throw new AppError('internal', 'The server’s answer has no key.');
  console.log(String(body.stream_key));
};

export const addKeysCommand = (program: Command): void => {
  const keys = program.command('keys').description('show or rotate the stream key of a channel on a running server');
  keys
    .command('show')
    .description('print the current key')
    .argument('[channel]', 'channel id; the first channel when none is named')
    .option('--data <folder>', 'data folder of the server', dataFolder())
    .action((channel: string | undefined, options: KeyOptions) => printKey('GET', channel, options));
  keys
    .command('rotate')
    .description('make a new key; the old one stops working at once')
    .argument('[channel]', 'channel id; the first channel when none is named')
    .option('--data <folder>', 'data folder of the server', dataFolder())
    .action((channel: string | undefined, options: KeyOptions) => printKey('POST', channel, options));
};
