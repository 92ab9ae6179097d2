// The composition root: the only place that picks adapters, opens listeners and joins the rooms. Opens in the order of dependence and
// closes in the reverse one: front doors, streams, origin, control, database, data folder (docs/lifecycle.md).

import path from 'node:path';
import { AppError, millis } from '@headend/core';
import type { SessionEnd } from '@headend/rtmp/node';
import {
  type Api,
  type Bootstrap,
  type Control,
  type ControlStore,
  createApi,
  createControl,
  openDataFolder,
  routeToApi,
} from '../control/index.ts';
import { createRtmpIngest, Publishers } from '../ingest/index.ts';
import { createMetrics, createRateLimitedLog, type Log, type Metrics, type RateLimitedLog } from '../observe/index.ts';
import type { MediaResponse, Origin } from '../origin/index.ts';
import { openPgliteStore } from '../stores/database/index.ts';
import type { Config } from './config.ts';
import { Doors } from './doors.ts';
import type { RequestHandler } from './http-server.ts';
import { openOrigin } from './open-origin.ts';
import { createSite } from './site.ts';
import { StreamAssembly } from './stream-assembly.ts';

export const VERSION = '0.1.0';
const LOG_INTERVAL_MS = 1000;

export type RunningServer = {
  readonly bootstrap: Bootstrap;
  /** Set on the very first start. */
  readonly newAdminSecret: string | undefined;
  close(): Promise<void>;
};

/** Undoes what was opened, newest first; the first failure is reported after all were tried. */
class Closers {
  readonly #closers: (() => Promise<unknown> | unknown)[] = [];

  add(close: () => Promise<unknown> | unknown): void {
    this.#closers.push(close);
  }

  async closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Throws ListenError, DataFolderError and other spoken errors; whatever was opened by then is closed again. */
export const startServer = async (config: Config, log: Log, onFatal: (error: Error) => void): Promise<RunningServer> => {
  const closers = new Closers();
  try {
    return await assemble(config, log, closers, onFatal);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
};

const assemble = async (config: Config, log: Log, closers: Closers, onFatal: (error: Error) => void): Promise<RunningServer> => {
  const folder = await openDataFolder(config.data);
  closers.add(() => folder.close());
  const metrics = createMetrics({ processMetrics: true });
  closers.add(() => metrics.close());
  const store = await openStore(folder.path, metrics, log, onFatal);
  closers.add(() => store.close());
  const { policy, reconnect } = config;
  const control = await createControl({ store, dataFolder: folder.path, reconnectWindowMs: reconnect.windowMs, policy, log });
  closers.add(() => control.close());

  const rateLimitedLog = createRateLimitedLog(() => performance.now(), LOG_INTERVAL_MS);
  const origin = openOrigin(config, folder.path, control, metrics, log, rateLimitedLog);
  closers.add(() => origin.close());
  const recovered = await origin.recover();
  const publishers = new Publishers();
  const assembly = new StreamAssembly({ config, control, origin, publishers, log, rateLimitedLog, metrics });
  closers.add(() => assembly.close());

  const doors = new Doors(config);
  closers.add(() => doors.close());
  closers.add(() => publishers.endAll(new AppError('stream_stopped', 'The server is shutting down.')));
  const api = createApi({
    control,
    metrics,
    log,
    publicUrl: config.publicUrl,
    trustedProxies: config.http.trustedProxies,
    tokenTtlMs: config.playback.tokenTtlMs,
    listeners: () => doors.listeners,
    readiness: async () => doors.readiness,
    viewers: (streamId) => origin.viewers.count(streamId),
    version: VERSION,
  });
  closers.add(() => api.close());
  await api.ready();
  const now = () => millis(performance.now());
  await doors.open({
    handle: createDispatcher(origin, api),
    onPublish: createRtmpIngest({ gate: control.gate, hub: assembly.hub, publishers, log, rateLimitedLog, metrics, now }),
    onSessionEnd: (end) => noteSessionEnd(end, metrics, log, rateLimitedLog),
  });
  metrics.beforeScrape(() => readGauges(metrics, control, origin, doors));
  await control.start();
  assembly.adopt(recovered);
  const bootstrap = await control.announce(doors.urls);
  log.info({ listeners: doors.listeners }, 'listening');
  return {
    bootstrap,
    newAdminSecret: control.first.firstStart ? (control.first.adminToken ?? undefined) : undefined,
    close: () => closers.closeAll(),
  };
};

const openStore = (dataFolder: string, metrics: Metrics, log: Log, onFatal: (error: Error) => void): Promise<ControlStore> =>
  openPgliteStore({
    folder: path.join(dataFolder, 'db'),
    onFatal,
    onRestart: (error) => log.error({ err: error }, 'the database thread was started anew'),
    onCall: (operation, seconds, failed) => {
      metrics.observe('headend_database_seconds', seconds, { operation });
      if (failed) metrics.count('headend_database_errors_total', 1, { operation });
    },
  });

/** Media paths go straight to the origin, API paths to the API, everything else is the site. */
const createDispatcher = (origin: Origin, api: Api): RequestHandler => {
  const site = createSite();
  return (request, response) => {
    const url = request.url ?? '/';
    // The overloads of end() differ in kind only; a body or nothing is what both take.
    if (url.startsWith('/p/')) origin.handle(request, response as MediaResponse);
    else if (site === undefined || API_PATHS.test(url)) routeToApi(api, request, response);
    else site(request, response);
  };
};

/** Figures that are cheaper to read than to keep. */
const readGauges = (metrics: Metrics, control: Control, origin: Origin, doors: Doors): void => {
  const open = control.streams.current();
  for (const state of ['starting', 'live'] as const)
    metrics.gauge('headend_streams', open.filter((stream) => stream.state === state).length, { state });
  metrics.gauge(
    'headend_viewers',
    origin.streamIds.reduce((sum, streamId) => sum + origin.viewers.count(streamId), 0),
  );
  metrics.gauge('headend_blocked_requests', origin.waiting);
  metrics.gauge(
    'headend_hot_store_bytes',
    origin.streamIds.reduce((sum, streamId) => sum + (origin.get(streamId)?.hotBytes ?? 0), 0),
  );
  metrics.gauge('headend_rtmp_connections', doors.rtmpConnections);
};

/** Addresses of the API; the site has the rest. */
const API_PATHS = /^\/(?:v1|docs|healthz|readyz|metrics|\.well-known)(?:[/?]|$)/;

/** A publish that ran has logged its own end; here are the connections that never came so far. */
const noteSessionEnd = (end: SessionEnd, metrics: Metrics, log: Log, rateLimitedLog: RateLimitedLog): void => {
  metrics.count('headend_rtmp_sessions_total', 1, { code: end.code });
  if (end.error !== undefined) {
    log.error({ err: end.error, code: end.code }, 'an RTMP session failed by a bug of ours');
    return;
  }
  if (end.clean || end.published) return;
  rateLimitedLog(`rtmp-end:${end.code}`, (suppressed) =>
    log.info({ code: end.code, remote: end.remoteAddress, bytes: end.bytesReceived, suppressed }, `RTMP session ended: ${end.message}`),
  );
};
