// The public face of observe/: log, redaction, metrics.

export { createLog, createRateLimitedLog, type Log, type RateLimitedLog } from './log.ts';
export {
  type CounterName,
  createMetrics,
  type GaugeName,
  type HistogramName,
  type Metrics,
  type MetricsPage,
  nullMetrics,
  type ScrapableMetrics,
} from './metrics.ts';
export { redact } from './redact.ts';
