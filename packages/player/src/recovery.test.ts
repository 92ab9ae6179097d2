// Faults and what is done about them, and the backoff between tries.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffDelayMs, RECONNECT_BACKOFF } from './backoff.ts';
import { decideRecovery, type Fault } from './recovery.ts';

const network = (status: number): Fault => ({ kind: 'network', code: 'level_load_error', status });
const fresh = { faults: 0, mediaResets: 0 };

test('an expired token is renewed at once, and only once before a pause', () => {
  assert.deepEqual(decideRecovery(network(403), fresh), { action: 'new-ticket' });
  assert.deepEqual(decideRecovery(network(403), { faults: 1, mediaResets: 0 }), { action: 'reload' });
});

test('a server that does not answer is resumed first and reloaded later', () => {
  assert.deepEqual(decideRecovery(network(0), fresh), { action: 'resume' });
  assert.deepEqual(decideRecovery(network(503), { faults: 1, mediaResets: 0 }), { action: 'resume' });
  assert.deepEqual(decideRecovery(network(503), { faults: 2, mediaResets: 0 }), { action: 'reload' });
});

test('a playlist that is gone is asked for anew, so that the API can say whether the stream is over', () => {
  assert.deepEqual(decideRecovery(network(404), fresh), { action: 'reload' });
});

test('a decoder is reset a few times, then the stream is loaded anew, then it is given up', () => {
  const media: Fault = { kind: 'media', code: 'buffer_append_error', status: 0 };
  assert.deepEqual(decideRecovery(media, fresh), { action: 'reset-media' });
  assert.deepEqual(decideRecovery(media, { faults: 3, mediaResets: 3 }), { action: 'reload' });
  assert.deepEqual(decideRecovery(media, { faults: 6, mediaResets: 3 }), { action: 'give-up' });
});

test('silence is waited out with the last frame on screen before anything is loaded anew', () => {
  const silence: Fault = { kind: 'silence', code: 'level_load_time_out', status: 0 };
  assert.deepEqual(decideRecovery(silence, { faults: 4, mediaResets: 0 }), { action: 'resume' });
  assert.deepEqual(decideRecovery(silence, { faults: 6, mediaResets: 0 }), { action: 'reload' });
});

test('a codec that the browser lacks is not retried', () => {
  assert.deepEqual(decideRecovery({ kind: 'unsupported', code: 'x', status: 0 }, fresh), { action: 'give-up' });
});

test('network faults never end the viewing', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 599 }), fc.nat(1000), (status, faults) => {
      assert.notEqual(decideRecovery(network(status), { faults, mediaResets: 0 }).action, 'give-up');
    }),
  );
});

test('the pause grows, is bounded and spread', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
      const delay = backoffDelayMs(attempt, RECONNECT_BACKOFF, random);
      assert.ok(delay >= RECONNECT_BACKOFF.firstDelayMs / 2 && delay <= RECONNECT_BACKOFF.maxDelayMs);
    }),
  );
  assert.equal(backoffDelayMs(1, RECONNECT_BACKOFF, 0), 250);
  assert.equal(backoffDelayMs(3, RECONNECT_BACKOFF, 0.5), 1_500);
});
