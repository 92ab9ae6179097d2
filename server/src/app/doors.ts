// The listeners of this process: HTTP, HTTPS, RTMP, RTMPS. Opened together, asked for their ports, closed together.

import { readFile } from 'node:fs/promises';
import { listenRtmp, type RtmpListener, type RtmpListenOptions } from '@headend/rtmp/node';
import type { BootstrapUrls, Listeners, Readiness } from '../control/index.ts';
import type { Config } from './config.ts';
import { ListenError } from './failure.ts';
import { type HttpListener, listenHttp, type RequestHandler } from './http-server.ts';

export type DoorHandlers = Pick<RtmpListenOptions, 'onPublish' | 'onSessionEnd'> & { readonly handle: RequestHandler };

const RTMP_APPLICATION = 'live';

/** How a person on this machine reaches a listener: nobody types 0.0.0.0 into an encoder. */
const reachable = (host: string): string => {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
};

export class Doors {
  readonly #config: Config;
  #http: HttpListener | undefined;
  #https: HttpListener | undefined;
  #rtmp: RtmpListener | undefined;
  #rtmps: RtmpListener | undefined;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Throws ListenError for the first port that cannot be had; close() then closes the others. */
  async open(handlers: DoorHandlers): Promise<void> {
    const { host, http, https, rtmp, rtmps } = this.#config;
    const limits = { maxConnections: rtmp.maxConnections };
    this.#http = await this.#listen('http.port', http.port, (port) => listenHttp({ host, port }, handlers.handle));
    this.#rtmp = await this.#listen('rtmp.port', rtmp.port, (port) => listenRtmp({ host, port, limits, ...publishing(handlers) }));
    if (https.cert === '') return;
    const tls = { certPath: https.cert, keyPath: https.key };
    this.#https = await this.#listen('https.port', https.port, (port) => listenHttp({ host, port, tls }, handlers.handle));
    const [cert, key] = await Promise.all([readFile(tls.certPath), readFile(tls.keyPath)]);
    this.#rtmps = await this.#listen('rtmps.port', rtmps.port, (port) =>
      listenRtmp({ host, port, limits, tls: { cert, key }, ...publishing(handlers) }),
    );
  }

  get listeners(): Listeners {
    return {
      http: this.#http?.port ?? null,
      https: this.#https?.port ?? null,
      rtmp: this.#rtmp?.address.port ?? null,
      rtmps: this.#rtmps?.address.port ?? null,
    };
  }

  get rtmpConnections(): number {
    return (this.#rtmp?.connections ?? 0) + (this.#rtmps?.connections ?? 0);
  }

  get readiness(): Readiness {
    return { http: { ok: this.#http !== undefined }, rtmp: { ok: this.#rtmp !== undefined } };
  }

  get urls(): BootstrapUrls {
    const base = this.#config.publicUrl === '' ? this.#url('http', this.listeners.http) : this.#config.publicUrl.replace(/\/$/, '');
    const publish = (scheme: string, port: number | null): string | null =>
      port === null ? null : `${this.#url(scheme, port)}/${RTMP_APPLICATION}`;
    const { https, rtmp, rtmps } = this.listeners;
    return {
      api: base,
      watch: `${base}/`,
      studio: null,
      rtmp: publish('rtmp', rtmp),
      srt: null,
      whip: null,
      https: https === null ? null : `${this.#url('https', https)}/`,
      rtmps: publish('rtmps', rtmps),
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.#rtmp?.close(), this.#rtmps?.close(), this.#http?.close(), this.#https?.close()]);
  }

  #url(scheme: string, port: number | null): string {
    return `${scheme}://${reachable(this.#config.host)}:${port ?? 0}`;
  }

  async #listen<T>(setting: string, port: number, open: (port: number) => Promise<T>): Promise<T> {
    try {
      return await open(port);
    } catch (error) {
      const env = `HEADEND_${setting.replace('.', '_').toUpperCase()}`;
      throw new ListenError(setting, env, this.#config.host, port, error);
    }
  }
}

const publishing = ({ onPublish, onSessionEnd }: DoorHandlers): Pick<RtmpListenOptions, 'onPublish' | 'onSessionEnd'> => ({
  onPublish,
  ...(onSessionEnd === undefined ? {} : { onSessionEnd }),
});
