// Which answers to a blocking playlist reload are waited out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdPolicy } from './blocking-reload.ts';

test('a blocking reload outlasts what a server may hold it', () => {
  const { maxTimeToFirstByteMs, maxLoadTimeMs, timeoutRetry } = holdPolicy(2, () => 0);
  assert.ok(maxTimeToFirstByteMs > 6_000 && maxLoadTimeMs >= maxTimeToFirstByteMs);
  assert.equal(timeoutRetry, null);
});

test('only a 503 after a hold is asked again, however often', () => {
  let now = 0;
  const { errorRetry } = holdPolicy(2, () => now);
  const again = (afterMs: number, code: number, isTimeout = false): boolean => {
    now += afterMs;
    return errorRetry?.shouldRetry?.(errorRetry, 0, isTimeout, { url: '', code }, false) === true;
  };
  for (let i = 0; i < 100; i += 1) assert.equal(again(6_000, 503), true);
  assert.equal(again(20, 503), false, 'a server that refuses at once');
  assert.equal(again(6_000, 0), false, 'a server that is gone');
  assert.equal(again(6_000, 404), false, 'a stream that is gone');
  assert.equal(again(6_000, 503, true), false, 'no answer at all');
});
