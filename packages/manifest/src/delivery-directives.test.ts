// Delivery directives: every line of the decision table, and that a decision never goes back as the playlist grows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { advancePartLimit, decideDelivery, type PlaylistEdge, parseDeliveryDirectives } from './delivery-directives.ts';

const edge: PlaylistEdge = { lastMsn: 10, lastSegmentParts: 6, openParts: 2, ended: false, partTarget: 0.33334, targetDuration: 2 };

const decide = (query: string, at: PlaylistEdge = edge) => {
  const directives = parseDeliveryDirectives(query);
  return directives.ok ? decideDelivery(at, directives.value) : directives.error.code;
};

const cases: readonly (readonly [string, string, string])[] = [
  ['', 'ready', 'no directive'],
  ['_HLS_msn=10', 'ready', 'a complete segment'],
  ['_HLS_msn=3', 'ready', 'a segment that may have left the window'],
  ['_HLS_msn=11', 'wait', 'the open segment as a whole'],
  ['_HLS_msn=12', 'wait', 'the segment after the open one'],
  ['_HLS_msn=13', 'bad-request', 'more than two past the last complete segment'],
  ['_HLS_msn=11&_HLS_part=1', 'ready', 'a published part'],
  ['_HLS_msn=11&_HLS_part=2', 'wait', 'the next part'],
  ['_HLS_msn=11&_HLS_part=10', 'wait', 'the last part within the advance limit of 9'],
  ['_HLS_msn=11&_HLS_part=11', 'bad-request', 'beyond the advance limit'],
  ['_HLS_msn=10&_HLS_part=6', 'ready', 'past the end of a closed segment means part 0 of the next'],
  ['_HLS_msn=10&_HLS_part=14', 'ready', 'past the end, still within the limit'],
  ['_HLS_msn=10&_HLS_part=15', 'bad-request', 'past the end and beyond the limit'],
  ['_HLS_msn=2&_HLS_part=99', 'ready', 'old segments are never refused'],
  ['_HLS_msn=12&_HLS_part=0', 'wait', 'first part of the segment after the open one'],
  ['_HLS_part=1', 'directive_part_without_msn', 'part without msn'],
  ['_HLS_msn=-1', 'directive_not_integer', 'negative'],
  ['_HLS_msn=1.5', 'directive_not_integer', 'fraction'],
  ['_HLS_msn=', 'directive_not_integer', 'empty'],
  ['_HLS_msn=abc', 'directive_not_integer', 'not a number'],
  ['_HLS_msn=9999999999999999999999', 'directive_not_integer', 'too long'],
  ['_HLS_msn=11&_HLS_part=x', 'directive_not_integer', 'part is not a number'],
  ['_HLS_msn=11&_HLS_msn=12', 'directive_repeated', 'repeated'],
  ['_HLS_msn=10&_HLS_pathway=a&token=b', 'ready', 'other parameters are ignored'],
  [`a=${'x'.repeat(3000)}`, 'directive_too_long', 'a query beyond the limit'],
];

for (const [query, expected, why] of cases) test(`${why}: ${query.slice(0, 40)}`, () => assert.equal(decide(query), expected));

test('a closed segment with fewer parts than asked waits for the next segment to begin', () => {
  assert.equal(decide('_HLS_msn=10&_HLS_part=6', { ...edge, openParts: 0 }), 'wait');
});

test('an ended playlist is always ready, whatever is asked', () => {
  assert.equal(decide('_HLS_msn=500&_HLS_part=80', { ...edge, ended: true }), 'ready');
});

test('before the first segment the first part can be awaited', () => {
  const empty = { ...edge, lastMsn: -1, lastSegmentParts: 0, openParts: 0 };
  assert.equal(decide('_HLS_msn=0', empty), 'wait');
  assert.equal(decide('_HLS_msn=0&_HLS_part=0', empty), 'wait');
  assert.equal(decide('_HLS_msn=2', empty), 'bad-request');
});

test('the advance limit is three seconds of parts, at least a whole segment', () => {
  assert.equal(advancePartLimit(0.33334, 2), 9);
  assert.equal(advancePartLimit(0.2, 2), 15);
  assert.equal(advancePartLimit(1, 3), 3);
  assert.equal(advancePartLimit(0.2, 6), 30);
});

test('hls.js outside low-latency mode may ask for the last part of the segment that just began', () => {
  const longSegments = { ...edge, partTarget: 0.2, targetDuration: 4, lastSegmentParts: 20, openParts: 0 };
  assert.equal(decide('_HLS_msn=11&_HLS_part=19', longSegments), 'wait');
});

test('_HLS_skip takes YES and v2, anything else asks for nothing', () => {
  for (const [value, skip] of [
    ['YES', true],
    ['v2', true],
    ['no', false],
    ['', false],
  ] as const) {
    const directives = parseDeliveryDirectives(`_HLS_skip=${value}`);
    assert.ok(directives.ok);
    assert.equal(directives.value.skip, skip);
  }
});

test('any query gives a decision, and a request that is ready stays ready as the playlist grows', () => {
  const value = fc.oneof(fc.nat(30).map(String), fc.string({ maxLength: 20 }));
  fc.assert(
    fc.property(value, fc.option(value), fc.string({ maxLength: 30 }), fc.nat(20), fc.nat(9), (msn, part, noise, lastMsn, openParts) => {
      const query = `_HLS_msn=${encodeURIComponent(msn)}${part === null ? '' : `&_HLS_part=${encodeURIComponent(part)}`}&${noise}`;
      const directives = parseDeliveryDirectives(query);
      if (!directives.ok) return;
      const at = { ...edge, lastMsn, openParts };
      if (decideDelivery(at, directives.value) !== 'ready') return;
      assert.equal(decideDelivery({ ...at, openParts: openParts + 1 }, directives.value), 'ready');
      assert.equal(decideDelivery({ ...at, lastMsn: lastMsn + 2, openParts: 0 }, directives.value), 'ready');
    }),
  );
});
