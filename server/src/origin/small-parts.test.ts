// The small pure pieces of the origin: ranges, codings, conditional requests, paths, tokens, viewers, waiters, the storage queue.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { err, millis, ok, wallMs } from '@headend/core';
import fc from 'fast-check';
import { decideRange, sliceChunks } from './byte-range.ts';
import { MAX_TARGET_CHARACTERS, parseMediaTarget } from './media-path.ts';
import { VirtualClock } from './origin.test-kit.ts';
import { etagMatches, negotiateCoding } from './rendered-text.ts';
import { StorageQueue } from './storage-queue.ts';
import { TokenCache } from './token-cache.ts';
import { Viewers } from './viewers.ts';
import { WaiterBudget, Waiters } from './waiters.ts';

test('a range slices the same bytes as from the joined chunks, without copying', () => {
  const chunksArbitrary = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 });
  fc.assert(
    fc.property(chunksArbitrary, fc.nat(100), fc.option(fc.nat(100)), (chunks, first, last) => {
      const joined = Buffer.concat(chunks);
      const decision = decideRange(`bytes=${first}-${last ?? ''}`, joined.length);
      if (last !== null && last < first) assert.equal(decision, undefined);
      else if (first >= joined.length) assert.equal(decision, 'unsatisfiable');
      else {
        assert.ok(typeof decision === 'object');
        const slices = sliceChunks(chunks, decision);
        assert.deepEqual(Buffer.concat(slices), joined.subarray(first, last === null ? undefined : last + 1));
        assert.ok(slices.every(({ buffer }) => chunks.some((chunk) => chunk.buffer === buffer)));
      }
    }),
  );
});

test('odd range headers mean everything', () => {
  for (const header of [undefined, '', 'bytes=', 'bytes=-', 'bytes=a-b', 'bytes=1-2,3-4', 'bytes=99999999999999999999-'])
    assert.equal(decideRange(header, 100), undefined, header);
  assert.equal(decideRange('bytes=-0', 100), 'unsatisfiable');
  assert.deepEqual(decideRange('bytes=-500', 100), { start: 0, end: 100 });
});

test('codings are negotiated by weight', () => {
  const cases: readonly (readonly [string | undefined, string])[] = [
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br;q=0, gzip;q=0', 'identity'],
    ['*', 'br'],
    ['GZIP;Q=1', 'gzip'],
    ['gzip;q=x', 'identity'],
  ];
  for (const [header, coding] of cases) assert.equal(negotiateCoding(header), coding, header);
});

test('If-None-Match takes lists, weak tags and the star', () => {
  assert.ok(etagMatches('"a", W/"b"', '"b"'));
  assert.ok(etagMatches(' * ', '"b"'));
  assert.ok(!etagMatches('"a"', '"b"'));
  assert.ok(!etagMatches(undefined, '"b"'));
});

test('media paths', () => {
  assert.deepEqual(parseMediaTarget('/p/t.1/st_1/manifest.m3u8?a=b'), {
    token: 't.1',
    streamId: 'st_1',
    resource: { kind: 'manifest' },
    query: 'a=b',
  });
  const resource = (path: string) => parseMediaTarget(`/p/t/s/${path}`)?.resource;
  assert.deepEqual(resource('v0/playlist.m3u8'), { kind: 'playlist', rendition: 'v0' });
  assert.deepEqual(resource('v0/init-3.mp4'), { kind: 'init', rendition: 'v0', index: 3 });
  assert.deepEqual(resource('v0/12.m4s'), { kind: 'segment', rendition: 'v0', msn: 12 });
  assert.deepEqual(resource('v0/12.3.m4s'), { kind: 'part', rendition: 'v0', name: '12.3' });
  for (const path of [
    '',
    'v0',
    'v0/',
    '../x/1.m4s',
    'v0/1.2.3.m4s',
    'v0/-1.m4s',
    'v0//1.m4s',
    'v0/init-.mp4',
    'v0/1.m4s/x',
    '%2e%2e/1.m4s',
  ])
    assert.equal(resource(path), undefined, path);
  const longest = `/p/t/s/manifest.m3u8?${'x'.repeat(MAX_TARGET_CHARACTERS)}`;
  assert.ok(parseMediaTarget(longest.slice(0, MAX_TARGET_CHARACTERS)));
  assert.equal(parseMediaTarget(longest.slice(0, MAX_TARGET_CHARACTERS + 1)), undefined);
});

test('no request target makes the path parser throw', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.webPath()), (path) => void parseMediaTarget(`/p/${path}`)));
});

test('the token cache asks once per token, forgets the oldest, keeps no refusals', () => {
  const clock = new VirtualClock();
  let asked = 0;
  const verify = (token: string) => {
    asked += 1;
    return ok({ streamId: 's', viewerSession: token, expiresAt: wallMs(clock.epochMs + 1000) });
  };
  const cache = new TokenCache({ verify }, clock, 2);
  for (const token of ['a', 'a', 'b', 'a', 'c', 'a']) assert.ok(cache.verify(token, 's').ok);
  assert.equal(asked, 3);
  cache.verify('b', 's');
  assert.equal(asked, 4);
  clock.advance(1000);
  const expired = cache.verify('a', 's');
  assert.ok(!expired.ok && expired.error.code === 'playback_token_expired');
});

test('viewers count sessions once, forget the silent, and are bounded', () => {
  const clock = new VirtualClock();
  const viewers = new Viewers(clock, { windowMs: millis(1000), maxSessionsPerStream: 3 });
  for (const session of ['a', 'b', 'a', 'a']) viewers.seen('s', session);
  assert.equal(viewers.count('s'), 2);
  assert.equal(viewers.count('t'), 0);
  clock.advance(600);
  viewers.seen('s', 'a');
  clock.advance(400);
  assert.equal(viewers.count('s'), 1);
  for (const session of ['c', 'd', 'e', 'f']) viewers.seen('s', session);
  assert.equal(viewers.count('s'), 3);
  viewers.forget('s');
  assert.equal(viewers.count('s'), 0);
});

test('waiters: ready once, timed out once, cancelled silently, never beyond the budget', () => {
  const clock = new VirtualClock();
  const budget = new WaiterBudget(3);
  const waiters = new Waiters(clock, budget);
  const outcomes: string[] = [];
  let open = false;
  waiters.wait(
    () => open,
    millis(100),
    (outcome) => outcomes.push(`first ${outcome}`),
  );
  waiters.wait(
    () => false,
    millis(50),
    (outcome) => outcomes.push(`second ${outcome}`),
  );
  const cancel = waiters.wait(
    () => true,
    millis(100),
    (outcome) => outcomes.push(`third ${outcome}`),
  );
  assert.equal(
    waiters.wait(
      () => true,
      millis(1),
      () => outcomes.push('fourth'),
    ),
    undefined,
  );
  cancel?.();
  cancel?.();
  assert.equal(budget.used, 2);
  clock.advance(60);
  open = true;
  waiters.wake();
  waiters.wake();
  clock.advance(1000);
  assert.deepEqual(outcomes, ['second timeout', 'first ready']);
  assert.equal(budget.used, 0);
  assert.equal(clock.pendingTimers, 0);
});

test('the storage queue keeps order, refuses at its limit, and goes on after a failure', async () => {
  const queue = new StorageQueue(10);
  const order: string[] = [];
  const write = (name: string) => async () => {
    await Promise.resolve();
    order.push(name);
    return name === 'b' ? err({ code: 'storage_full' as const, message: 'ENOSPC' }) : ok(undefined);
  };
  const results = [queue.push(6, write('a')), queue.push(4, write('b')), queue.push(1, write('c'))];
  assert.deepEqual(
    (await Promise.all(results)).map(({ ok: done }) => done),
    [true, false, false],
  );
  assert.deepEqual(order, ['a', 'b']);
  assert.ok((await queue.push(100, write('d'))).ok);
  assert.equal(queue.queuedBytes, 0);
  await queue.close();
  assert.equal((await queue.push(1, write('e'))).ok, false);
});
