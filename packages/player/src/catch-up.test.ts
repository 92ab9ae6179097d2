// Live-edge control, also as a closed loop in virtual time: it converges, it never oscillates, it jumps only when far behind.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CATCH_UP, type CatchUpDecision, decideCatchUp, NO_PENALTY, penaltyAfterCalm, penaltyAfterStall } from './catch-up.ts';

const TICK_SECONDS = 0.25;

function rateOf(decision: CatchUpDecision): number {
  assert.equal(decision.action, 'rate');
  return decision.action === 'rate' ? decision.rate : Number.NaN;
}

/** Plays `seconds` of virtual time from a starting latency; returns latency and rate at each tick. */
function play(start: number, target: number, seconds: number) {
  let latency = start;
  let rate = 1;
  const trace: { readonly latency: number; readonly rate: number }[] = [];
  for (let at = 0; at < seconds; at += TICK_SECONDS) {
    rate = rateOf(decideCatchUp({ latency, target, bufferAhead: 0.5, rate }));
    latency -= (rate - 1) * TICK_SECONDS;
    trace.push({ latency, rate });
  }
  return trace;
}

test('at the target the rate is exactly 1', () => {
  assert.deepEqual(decideCatchUp({ latency: 0.7, target: 0.66, bufferAhead: 0.5, rate: 1 }), { action: 'rate', rate: 1 });
});

test('behind by one second it comes back within ten and stays', () => {
  const trace = play(1.66, 0.66, 30);
  const settled = trace.slice(15 / TICK_SECONDS);
  assert.ok(settled.every(({ latency }) => Math.abs(latency - 0.66) < CATCH_UP.enterSeconds));
  assert.equal(trace.at(-1)?.rate, 1);
});

test('far behind it jumps instead of hurrying', () => {
  assert.deepEqual(decideCatchUp({ latency: 9, target: 0.66, bufferAhead: 3, rate: 1 }), { action: 'jump' });
});

test('without media in the buffer it does not hurry', () => {
  assert.equal(rateOf(decideCatchUp({ latency: 1.5, target: 0.66, bufferAhead: 0.1, rate: 1 })), 1);
});

test('ahead of the target it slows down a little', () => {
  const rate = rateOf(decideCatchUp({ latency: 0.3, target: 0.9, bufferAhead: 0.3, rate: 1 }));
  assert.ok(rate < 1 && rate >= CATCH_UP.minRate);
});

test('from any latency within reach the rate stays in bounds, changes gently and settles', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 4, noNaN: true }), fc.double({ min: 0.3, max: 3, noNaN: true }), (start, target) => {
      fc.pre(start - target < CATCH_UP.jumpAboveSeconds);
      let before = 1;
      const trace = play(start, target, 120);
      for (const { rate } of trace) {
        assert.ok(rate >= CATCH_UP.minRate && rate <= CATCH_UP.hurriedRate);
        assert.ok(Math.abs(rate - before) <= CATCH_UP.slew + 0.01);
        before = rate;
      }
      assert.ok(Math.abs((trace.at(-1)?.latency ?? 0) - target) <= CATCH_UP.enterSeconds + 0.02);
    }),
  );
});

test('stalls raise the target up to a limit, calm lowers it again', () => {
  let penalty = NO_PENALTY;
  for (let stall = 0; stall < 50; stall += 1) penalty = penaltyAfterStall(penalty, 1_000);
  assert.equal(penalty.seconds, 2);
  assert.equal(penaltyAfterCalm(penalty, 2_000).seconds, 2, 'not calm for long enough');
  for (let now = 20_000; now < 2_000_000; now += 15_000) penalty = penaltyAfterCalm(penalty, now);
  assert.equal(penalty.seconds, 0);
});
