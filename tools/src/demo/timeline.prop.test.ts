// Flash and beep stay together, once a second, at any frame rate and however long the demo has run.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { frameRate, SignalTimeline } from './timeline.ts';

const rates = fc.constantFrom(23.976, 24, 25, 29.97, 30, 50, 59.94, 60, 7.5);
const wallTimes = fc.integer({ min: 1_600_000_000_000, max: 2_000_000_000_000 });
const WEEK_S = 7 * 86_400;

test('each second has one beep, and it starts with the first flash frame', () => {
  fc.assert(
    fc.property(rates, wallTimes, fc.integer({ min: 1, max: WEEK_S }), (fps, wallMs, second) => {
      const rate = frameRate(fps);
      const timeline = new SignalTimeline(wallMs, rate);
      const frameMs = (1000 * rate.den) / rate.num;
      const beeps = timeline.beepsIn(second * 1000, second * 1000 + 10_000);
      assert.ok(Math.abs(beeps.length - 10) <= 1);
      for (const beep of beeps) {
        const frame = Math.round(beep / frameMs);
        assert.ok(Math.abs(timeline.frameAt(frame) - beep) < 1e-3);
        assert.ok(timeline.isFlash(frame));
        assert.ok(!timeline.isFlash(frame - 1));
        const intoSecond = (timeline.originMs + beep) % 1000;
        assert.ok(intoSecond < frameMs + 0.01 || intoSecond > 999.99, `${intoSecond} ms into the second`);
      }
    }),
  );
});

test('beeps of adjoining spans are neither lost nor doubled', () => {
  fc.assert(
    fc.property(rates, wallTimes, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 20, maxLength: 60 }), (fps, wallMs, spans) => {
      const timeline = new SignalTimeline(wallMs, frameRate(fps));
      const total = spans.reduce((sum, span) => sum + span, 0);
      let from = 0;
      const pieces = spans.flatMap((span) => {
        const beeps = timeline.beepsIn(from, from + span);
        from += span;
        return beeps;
      });
      assert.deepEqual(pieces, timeline.beepsIn(0, total));
    }),
  );
});

test('the frame due is never in the future, and never more than a frame behind', () => {
  fc.assert(
    fc.property(rates, fc.double({ min: 0, max: WEEK_S * 1000, noNaN: true }), (fps, mediaMs) => {
      const rate = frameRate(fps);
      const timeline = new SignalTimeline(1_800_000_000_000, rate);
      const at = timeline.frameAt(timeline.frameDue(mediaMs));
      assert.ok(at <= mediaMs + 0.01 && mediaMs - at <= (1000 * rate.den) / rate.num + 0.01);
    }),
  );
});
