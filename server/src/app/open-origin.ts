// The origin with its adapters: files on disk, the real clock, metrics and log behind its events.

import path from 'node:path';
import { millis, wallMs } from '@headend/core';
import type { Control } from '../control/index.ts';
import type { Log, Metrics, RateLimitedLog } from '../observe/index.ts';
import { type Clock, Origin, type OriginEvents } from '../origin/index.ts';
import { FsSegmentFiles } from '../stores/segments/fs.ts';
import type { Config } from './config.ts';

const clock: Clock = {
  now: () => wallMs(Date.now()),
  monotonic: () => millis(performance.now()),
  setTimer(afterMs, fn) {
    const timer = setTimeout(fn, afterMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

const events = (metrics: Metrics, log: Log, rateLimitedLog: RateLimitedLog): OriginEvents => ({
  responded(kind, status, bytes) {
    metrics.count('headend_origin_requests_total', 1, { kind, status: String(status) });
    if (bytes > 0) metrics.count('headend_origin_bytes_total', bytes, { kind });
  },
  segmentPublished: () => metrics.count('headend_segments_total', 1),
  storageFailed: (stream, error) =>
    log.error({ stream, code: error.code }, `segments cannot be written: ${error.message}; live playback goes on from memory`),
  storageRecovered: (stream) => log.info({ stream }, 'segments are written again'),
  failed: (error) =>
    rateLimitedLog('origin-failed', (suppressed) => log.error({ err: error, suppressed }, 'a media request failed by a bug of ours')),
});

export const openOrigin = (
  config: Config,
  dataFolder: string,
  control: Control,
  metrics: Metrics,
  log: Log,
  rateLimitedLog: RateLimitedLog,
): Origin =>
  new Origin({
    clock,
    files: new FsSegmentFiles(path.join(dataFolder, 'hot')),
    tokens: control.tokens,
    windowMs: millis(config.origin.windowMs),
    events: events(metrics, log, rateLimitedLog),
  });
