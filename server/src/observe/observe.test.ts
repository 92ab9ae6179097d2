// Metrics as Prometheus reads them, and the log helper that speaks at most once a second per key.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRateLimitedLog } from './log.ts';
import { createMetrics, nullMetrics } from './metrics.ts';

describe('metrics', () => {
  it('counts, sets and observes under declared names', async () => {
    const metrics = createMetrics();
    metrics.count('headend_rtmp_sessions_total', 2, { code: 'closed' });
    metrics.count('headend_rtmp_sessions_total', 1, { code: 'closed' });
    metrics.gauge('headend_viewers', 7);
    metrics.observe('headend_database_seconds', 0.003, { operation: 'ping' });
    const { body, contentType } = await metrics.scrape();
    assert.match(contentType, /^text\/plain/);
    assert.match(body, /headend_rtmp_sessions_total\{code="closed"\} 3/);
    assert.match(body, /headend_viewers 7/);
    assert.match(body, /headend_database_seconds_bucket\{le="0\.005",operation="ping"\} 1/);
    metrics.close();
  });

  it('collects before a scrape until told otherwise', async () => {
    const metrics = createMetrics();
    let reads = 0;
    const stop = metrics.beforeScrape(() => metrics.gauge('headend_streams', ++reads, { state: 'live' }));
    assert.match((await metrics.scrape()).body, /headend_streams\{state="live"\} 1/);
    stop();
    assert.match((await metrics.scrape()).body, /headend_streams\{state="live"\} 1/);
    metrics.close();
  });

  it('has process figures when asked', async () => {
    const metrics = createMetrics({ processMetrics: true });
    assert.match((await metrics.scrape()).body, /nodejs_eventloop_lag_p99_seconds/);
    metrics.close();
  });

  it('does nothing in its null form', () => {
    nullMetrics.count('headend_http_requests_total', 1, { method: 'GET', route: '/', status: '200' });
  });
});

describe('rate-limited log', () => {
  it('writes once per interval and key, with the count of what it left out', () => {
    let now = 0;
    const limited = createRateLimitedLog(() => now);
    const written: string[] = [];
    const say = (key: string): void => limited(key, (suppressed) => written.push(`${key}:${suppressed}`));
    say('a');
    say('a');
    say('b');
    now = 999;
    say('a');
    now = 1000;
    say('a');
    now = 5000;
    say('a');
    assert.deepEqual(written, ['a:0', 'b:0', 'a:2', 'a:0']);
  });

  it('remembers a bounded number of keys', () => {
    const limited = createRateLimitedLog(() => 0);
    let written = 0;
    for (let i = 0; i < 5_000; i++) limited(`key${i}`, () => (written += 1));
    limited('key0', () => (written += 1));
    limited('key4999', () => (written += 1));
    assert.equal(written, 5_001);
  });
});
