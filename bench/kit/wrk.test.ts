// wrk's report, as version 4.1.0 prints it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseWrk } from './wrk.ts';

const REPORT = `Running 5s test @ http://127.0.0.1:9/part.m4s
  1 threads and 64 connections
  49665 requests in 5.00s, 2.32GB read
Requests/sec:   9933.00
Transfer/sec:    475.88MB
`;

test('requests and megabytes a second, in powers of ten', () => {
  const { requestsPerSecond, megabytesPerSecond } = parseWrk(REPORT);
  assert.equal(requestsPerSecond, 9933);
  assert.equal(Math.round(megabytesPerSecond), 499);
  assert.equal(parseWrk(REPORT.replace('475.88MB', '1.00GB')).megabytesPerSecond, 1073.741824);
});

test('answers that were refused, broken connections and silence are no figures', () => {
  assert.throws(() => parseWrk(`${REPORT}Non-2xx or 3xx responses: 3\n`), /Non-2xx/);
  assert.throws(() => parseWrk(`  Socket errors: connect 0, read 3, write 0, timeout 0\n${REPORT}`), /Socket errors/);
  assert.throws(() => parseWrk(''), /wrk said/);
});
