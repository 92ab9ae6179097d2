// The statistics against values worked out by hand.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, percentile, slope, worst } from './statistics.ts';

test('percentiles are values that were seen', () => {
  const values = [5, 1, 4, 2, 3];
  assert.equal(median(values), 3);
  assert.equal(percentile(values, 0.95), 5);
  assert.equal(percentile(values, 0), 1);
  assert.ok(Number.isNaN(percentile([], 0.5)));
  assert.ok(Number.isNaN(worst([])), 'nothing measured is not a perfect result');
});

test('the slope of a line is its slope, with noise on both sides too', () => {
  const line = [0, 1, 4, 8].map((x) => [x, 100 + 12 * x] as const);
  assert.equal(slope(line), 12);
});
