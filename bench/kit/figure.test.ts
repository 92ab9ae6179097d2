// What decides the exit code: verdicts at and beyond the goal, and a figure that could not be measured.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figureTable, verdictOf } from './figure.ts';

const figure = { name: 'x', unit: 'ms' };

test('a goal is met at its bound and missed beyond it', () => {
  assert.equal(verdictOf({ ...figure, value: 20, goal: { atMost: 20 } }), 'met');
  assert.equal(verdictOf({ ...figure, value: 20.01, goal: { atMost: 20 } }), 'missed');
  assert.equal(verdictOf({ ...figure, value: 50, goal: { atLeast: 50 } }), 'met');
  assert.equal(verdictOf({ ...figure, value: 49, goal: { atLeast: 50 } }), 'missed');
  assert.equal(verdictOf({ ...figure, value: 49 }), '');
});

test('what could not be measured has missed its goal, and says so', () => {
  const unmeasured = { ...figure, value: Number.NaN, goal: { atMost: 20 } };
  assert.equal(verdictOf(unmeasured), 'missed');
  assert.match(figureTable([unmeasured]), /not measured/);
});
