// What every route file gets: the dependencies of the API, and the typed Fastify instance.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify';
import type { Log, ScrapableMetrics } from '../../observe/index.ts';
import type { Control } from '../control.ts';
import type { Readiness } from '../readiness.ts';
import type { Access } from './access.ts';
import { hostName, type Listeners } from './locality.ts';
import type { TypeBoxProvider } from './validation.ts';

export type Api = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxProvider>;

export type ApiDeps = {
  readonly control: Control;
  readonly metrics: ScrapableMetrics;
  readonly log: Log;
  /** Scheme, host and port under which others reach this server; empty to go by each request. */
  readonly publicUrl: string;
  readonly trustedProxies: readonly string[];
  readonly tokenTtlMs: number;
  /** Ports really in use; null for a listener that is off. */
  readonly listeners: () => Listeners;
  /** Further checks of /readyz: the composition root's listeners. */
  readonly readiness: () => Promise<Readiness>;
  /** Viewer sessions of a stream seen lately. */
  readonly viewers: (streamId: string) => number;
  readonly version: string;
};

export type RouteContext = ApiDeps & { readonly access: Access };

/** A request without a usable Host comes from a bare client on this machine or a probe. */
const FALLBACK_HOST = '127.0.0.1';

/** Scheme and authority for URLs in answers. */
export const baseUrl = (deps: ApiDeps, request: FastifyRequest): string => {
  if (deps.publicUrl !== '') return deps.publicUrl.replace(/\/$/, '');
  const name = hostName(request.host);
  return name === undefined ? `${request.protocol}://${FALLBACK_HOST}` : `${request.protocol}://${request.host}`;
};

/** Host name alone, for URLs of other protocols. */
export const publicHostName = (deps: ApiDeps, request: FastifyRequest): string =>
  hostName(new URL(baseUrl(deps, request)).host) ?? FALLBACK_HOST;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Pages of other sites may call this route. */
    cors?: boolean;
  }
}
