// The end of a stream whose last part is shorter in one track than in the other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TailEnd } from './tail-end.ts';

test('a picture that stands still just before the end is over', () => {
  const tail = new TailEnd();
  assert.equal(tail.isOver(0.4, 14.7, false, 0), false);
  assert.equal(tail.isOver(0.2, 14.9, false, 250), false);
  assert.equal(tail.isOver(0.2, 14.9, false, 500), false);
  assert.equal(tail.isOver(0.2, 14.9, false, 900), true);
});

test('nothing is over while more is to come, is being loaded, or the viewer paused', () => {
  for (const [remaining, paused] of [
    [null, false],
    [3, false],
    [0.2, true],
  ] as const) {
    const tail = new TailEnd();
    for (let now = 0; now < 10_000; now += 250) assert.equal(tail.isOver(remaining, 14.9, paused, now), false);
  }
});
