// Who asks, from where: whether a request comes from this very machine, and under which name the client knows this server. Pure.

import type { IncomingHttpHeaders } from 'node:http';

export type Origin = {
  readonly remoteAddress: string | undefined;
  readonly host: string | undefined;
  readonly headers: IncomingHttpHeaders;
};

/** A proxy on this machine makes every viewer look local; any of these gives it away. */
const FORWARDING = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'via',
  'cf-connecting-ip',
  'true-client-ip',
];

const isLoopbackAddress = (address: string): boolean => /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(address) || address === '::1';

/** Host name of a Host header, brackets of IPv6 kept; undefined when it is no host. */
export const hostName = (host: string | undefined): string | undefined => {
  const url = `http://${host ?? ''}`;
  if (host === undefined || host === '' || /[/?#@\\\s]/.test(host) || !URL.canParse(url)) return undefined;
  return new URL(url).hostname;
};

/** The name must be a loopback name too: a foreign site may point its own name at 127.0.0.1 (DNS rebinding). */
const isLoopbackName = (name: string): boolean =>
  name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(name);

export const isLocal = (origin: Origin): boolean => {
  const name = hostName(origin.host);
  if (origin.remoteAddress === undefined || name === undefined) return false;
  if (FORWARDING.some((header) => origin.headers[header] !== undefined)) return false;
  return isLoopbackAddress(origin.remoteAddress) && isLoopbackName(name);
};

export type Listeners = {
  readonly http: number | null;
  readonly https: number | null;
  readonly rtmp: number | null;
  readonly rtmps: number | null;
};

export type IngestUrls = { readonly rtmp: string | null; readonly rtmps: string | null; readonly srt: null; readonly whip: null };

/** Publish URLs without keys, under the name the client used (or the configured public one). */
export const ingestUrls = (name: string, listeners: Listeners): IngestUrls => ({
  rtmp: listeners.rtmp === null ? null : `rtmp://${name}:${listeners.rtmp}/live`,
  rtmps: listeners.rtmps === null ? null : `rtmps://${name}:${listeners.rtmps}/live`,
  srt: null,
  whip: null,
});
