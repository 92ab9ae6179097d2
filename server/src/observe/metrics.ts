// The Metrics port and its Prometheus adapter. Every metric of the server is declared here with its labels, so that names, units and
// cardinality are seen at one glance. Labels never hold stream ids, channels, addresses or keys: their number must not follow the traffic.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export const counters = {
  headend_http_requests_total: { help: 'API requests answered.', labels: ['method', 'route', 'status'] },
  headend_rtmp_sessions_total: { help: 'RTMP connections that ended, by end code.', labels: ['code'] },
  headend_publishes_total: { help: 'Publishes that ended, by protocol and end code.', labels: ['protocol', 'code'] },
  headend_hub_dropped_frames_total: { help: 'Frames that slow hub subscribers missed.', labels: ['subscriber'] },
  headend_hub_frames_total: { help: 'Frames that entered the hub.', labels: ['kind'] },
  headend_ingest_bytes_total: { help: 'Bytes received from publishers.', labels: ['protocol'] },
  headend_origin_bytes_total: { help: 'Body bytes handed to sockets on the media path.', labels: ['kind'] },
  headend_origin_requests_total: { help: 'Media requests answered.', labels: ['kind', 'status'] },
  headend_segments_total: { help: 'Segments published.', labels: [] },
  headend_auth_failures_total: { help: 'Credentials refused, by code.', labels: ['code'] },
  headend_database_errors_total: { help: 'Calls to the database that failed.', labels: ['operation'] },
} as const;

export const gauges = {
  headend_streams: { help: 'Streams by state.', labels: ['state'] },
  headend_viewers: { help: 'Viewer sessions seen lately.', labels: [] },
  headend_blocked_requests: { help: 'Playlist and part requests waiting for media.', labels: [] },
  headend_rtmp_connections: { help: 'Open RTMP connections.', labels: [] },
  headend_hot_store_bytes: { help: 'Segment bytes kept in memory.', labels: [] },
} as const;

const MILLISECOND_STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

export const histograms = {
  headend_http_request_seconds: { help: 'Time from request to answer.', labels: ['route'], buckets: MILLISECOND_STEPS },
  headend_database_seconds: { help: 'Round trip of a database call.', labels: ['operation'], buckets: MILLISECOND_STEPS },
} as const;

export type CounterName = keyof typeof counters;
export type GaugeName = keyof typeof gauges;
export type HistogramName = keyof typeof histograms;

type Labels<Definition> = Definition extends { readonly labels: readonly (infer Name extends string)[] }
  ? Readonly<Record<Name, string>>
  : never;
/** Label values are demanded exactly where the metric has labels. */
type LabelArguments<Definition> = Definition extends { readonly labels: readonly [] } ? [] : [labels: Labels<Definition>];

export interface Metrics {
  count<Name extends CounterName>(name: Name, amount: number, ...labels: LabelArguments<(typeof counters)[Name]>): void;
  gauge<Name extends GaugeName>(name: Name, value: number, ...labels: LabelArguments<(typeof gauges)[Name]>): void;
  observe<Name extends HistogramName>(name: Name, value: number, ...labels: LabelArguments<(typeof histograms)[Name]>): void;
}

export type MetricsPage = { readonly contentType: string; readonly body: string };
export interface ScrapableMetrics extends Metrics {
  /** Runs before each scrape, for figures that are cheaper to read than to keep (streams by state). Returns the way to take it back. */
  beforeScrape(collect: () => void): () => void;
  scrape(): Promise<MetricsPage>;
  close(): void;
}

export const nullMetrics: Metrics = { count: () => undefined, gauge: () => undefined, observe: () => undefined };

const entriesOf = <T extends Readonly<Record<string, unknown>>>(table: T) => Object.entries(table) as readonly [string, T[keyof T]][];

/** `processMetrics` adds memory, CPU and event-loop lag of this process; tests leave it out because it starts an observer. */
export const createMetrics = (options: { readonly processMetrics?: boolean } = {}): ScrapableMetrics => {
  const registry = new Registry();
  const base = (name: string, definition: { readonly help: string; readonly labels: readonly string[] }) => ({
    name,
    help: definition.help,
    labelNames: [...definition.labels],
    registers: [registry],
  });
  const counterMap = new Map(entriesOf(counters).map(([name, d]) => [name, new Counter(base(name, d))]));
  const gaugeMap = new Map(entriesOf(gauges).map(([name, d]) => [name, new Gauge(base(name, d))]));
  const histogramMap = new Map(
    entriesOf(histograms).map(([name, d]) => [name, new Histogram({ ...base(name, d), buckets: [...d.buckets] })]),
  );
  if (options.processMetrics === true) collectDefaultMetrics({ register: registry });

  const collectors = new Set<() => void>();
  return {
    count: (name, amount, ...[labels]) => counterMap.get(name)?.inc({ ...labels }, amount),
    gauge: (name, value, ...[labels]) => gaugeMap.get(name)?.set({ ...labels }, value),
    observe: (name, value, ...[labels]) => histogramMap.get(name)?.observe({ ...labels }, value),
    beforeScrape(collect) {
      collectors.add(collect);
      return () => void collectors.delete(collect);
    },
    async scrape() {
      for (const collect of collectors) collect();
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
    close: () => registry.clear(),
  };
};
