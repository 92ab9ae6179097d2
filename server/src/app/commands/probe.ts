// `headend probe <manifest URL>`: reads a live presentation like a strict player and says what it is, how late it is and which rules it breaks.

import { AppError } from '@headend/core';
import type { ParsedMediaPlaylist } from '@headend/manifest';
import { PresentationClient } from '@headend/tools/hls-client';
import { type Command, InvalidArgumentError } from 'commander';

const MAX_PROBE_SECONDS = 3600;
const MAX_SHOWN_VIOLATIONS = 20;

const seconds = (text: string): number => {
  const value = Number(text);
  if (!(value > 0 && value <= MAX_PROBE_SECONDS)) throw new InvalidArgumentError(`a number of seconds up to ${MAX_PROBE_SECONDS}`);
  return value;
};

/** Distance of the live edge from the wallclock that the playlist states, in seconds; undefined without EXT-X-PROGRAM-DATE-TIME. */
const edgeDelay = (playlist: ParsedMediaPlaylist, now: number): number | undefined => {
  const { open, segments } = playlist;
  const head = open ?? segments.at(-1);
  if (head?.programDateTime === undefined) return undefined;
  const length = open === undefined ? (segments.at(-1)?.duration ?? 0) : open.parts.reduce((sum, part) => sum + part.duration, 0);
  return (now - head.programDateTime) / 1000 - length;
};

const describe = (uri: string, playlist: ParsedMediaPlaylist): string => {
  const delay = edgeDelay(playlist, Date.now());
  const parts = playlist.partTarget === undefined ? 'no parts' : `parts of ${playlist.partTarget.toFixed(3)} s`;
  const edge = delay === undefined ? '' : `, edge ${delay.toFixed(2)} s behind the clock`;
  return `  ${uri}: ${playlist.segments.length} segments, target duration ${playlist.targetDuration} s, ${parts}${edge}`;
};

const probe = async (url: string, forSeconds: number): Promise<void> => {
  const client = await PresentationClient.open(url).catch((cause: unknown) => {
    throw new AppError('bad_request', `${url} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  for (const { codecs, resolution, frameRate, bandwidth } of client.multivariant.variants) {
    const size = resolution === undefined ? 'audio only' : `${resolution.width}x${resolution.height}`;
    console.log(
      `variant ${size}${frameRate === undefined ? '' : ` ${frameRate} fps`}, ${(bandwidth / 1e6).toFixed(2)} Mb/s, ${codecs ?? 'codecs not stated'}`,
    );
  }
  const end = performance.now() + forSeconds * 1000;
  let updates = 0;
  while (performance.now() < end) {
    const fetched = await Promise.all([...client.followers.values()].map((follower) => follower.next()));
    client.compare();
    updates += 1;
    if (fetched.every(({ playlist }) => playlist.ended)) break;
  }
  for (const [uri, follower] of client.followers) console.log(describe(uri, (await follower.refresh()).playlist));
  report(client, updates);
};

const report = (client: PresentationClient, updates: number): void => {
  const { violations } = client;
  const broken = violations.filter(({ level }) => level === 'must').length;
  console.log(`${updates} updates followed; ${broken} rules broken, ${violations.length - broken} recommendations not met`);
  for (const { level, rule, message } of violations.slice(0, MAX_SHOWN_VIOLATIONS)) console.log(`  ${level} ${rule}: ${message}`);
  if (violations.length > MAX_SHOWN_VIOLATIONS) console.log(`  … and ${violations.length - MAX_SHOWN_VIOLATIONS} more`);
  if (broken > 0) process.exitCode = 1;
};

export const addProbeCommand = (program: Command): void => {
  program
    .command('probe')
    .description('read a live LL-HLS presentation like a strict player; tells its shape, its latency and every broken rule')
    .argument('<url>', 'address of a multivariant playlist')
    .option('-s, --seconds <n>', 'how long to follow it', seconds, 10)
    .action((url: string, options: { readonly seconds: number }) => probe(url, options.seconds));
};
