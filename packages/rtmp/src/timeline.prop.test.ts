// The timeline's promises: from 0, never back within a track, never forward by more than the limit; wraps and leaps of an hour
// vanish; the distance between audio and video is the source's, before, across and after a leap.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MAX_BACKWARD_STEP_MS, MAX_FORWARD_JUMP_MS, RtmpTimeline } from './timeline.ts';

type Kind = 'audio' | 'video';
type Sample = { readonly kind: Kind; readonly source: number };
type Stamped = Sample & { readonly ms: number; readonly reanchored: boolean };

const VIDEO_STEP = 40;
const AUDIO_STEP = 23;
const HOUR = 3_600_000;

/** Both tracks of a well-made stream, in time order. */
const interleaved = (seconds: number): Sample[] => {
  const samples: Sample[] = [];
  for (let ms = 0; ms < seconds * 1000; ms += VIDEO_STEP) samples.push({ kind: 'video', source: ms });
  for (let ms = 0; ms < seconds * 1000; ms += AUDIO_STEP) samples.push({ kind: 'audio', source: ms });
  return samples.sort((a, b) => a.source - b.source);
};

/** `clock` turns true media time into what the encoder writes. */
const run = (samples: readonly Sample[], clock: (sample: Sample, index: number) => number): Stamped[] => {
  const timeline = new RtmpTimeline<Kind>();
  return samples.map((sample, index) => ({ ...sample, ...timeline.stamp(sample.kind, clock(sample, index) >>> 0, sample.source) }));
};

const steps = (stamped: readonly Stamped[], kind: Kind): number[] => {
  const times = stamped.filter((each) => each.kind === kind).map((each) => each.ms);
  return times.slice(1).map((ms, i) => ms - (times[i] ?? 0));
};

describe('RtmpTimeline', () => {
  it('starts at 0 wherever the encoder starts, and carries it over the wrap', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(0xffffffff), fc.integer({ min: 0xffffffff - 20_000, max: 0xffffffff })), (start) => {
        for (const each of run(interleaved(30), ({ source }) => start + source)) {
          assert.equal(each.ms, each.source);
          assert.equal(each.reanchored, false);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('carries it over the 31-bit wrap of FLV, again and again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2 ** 31 - 20_000, max: 2 ** 31 - 1 }), fc.constantFrom(1, 2, 3), (start, laps) => {
        const far = start + (laps - 1) * 2 ** 31;
        for (const each of run(interleaved(30), ({ source }) => (far + source) % 2 ** 31)) {
          assert.deepEqual([each.ms, each.reanchored], [each.source, false]);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('makes a leap of the source clock vanish, and keeps audio and video together', () => {
    const leap = fc.oneof(
      fc.constantFrom(HOUR, -HOUR, 11_000, -1100),
      fc.integer({ min: MAX_FORWARD_JUMP_MS + 500, max: 2 ** 31 - 20_000 }),
      fc.integer({ min: -(2 ** 31) + 20_000, max: -MAX_BACKWARD_STEP_MS - 500 }),
    );
    fc.assert(
      fc.property(fc.nat(0xffffffff), leap, fc.integer({ min: 200, max: 800 }), (start, jump, at) => {
        const stamped = run(interleaved(20), ({ source }, index) => start + source + (index >= at ? jump : 0));
        for (const kind of ['audio', 'video'] as const) {
          for (const step of steps(stamped, kind)) assert.ok(step >= 0 && step <= 2 * VIDEO_STEP, `${kind} steps by ${step}`);
          assert.equal(stamped.filter((each) => each.kind === kind && each.reanchored).length, 1);
        }
        const offsets = stamped.slice(at + 10).map((each) => each.ms - each.source);
        assert.equal(new Set(offsets).size, 1, 'one offset for both tracks after the leap');
        assert.ok(Math.abs(offsets[0] ?? 0) <= VIDEO_STEP);
      }),
      { numRuns: 150 },
    );
  });

  it('survives messages from before and after a leap in mixed order', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(HOUR, -HOUR),
        fc.constantFrom<Kind>('audio', 'video'),
        fc.integer({ min: 0, max: 400 }),
        (jump, first, lag) => {
          // One track leaps at 5 s of media, the other's old messages arrive for `lag` ms longer.
          const clock = ({ source }: Sample): number => 7_200_000 + source + (source >= 5000 ? jump : 0);
          const samples = interleaved(10).sort(
            (a, b) => a.source + (a.kind === first ? 0 : lag) - (b.source + (b.kind === first ? 0 : lag)),
          );
          const stamped = run(samples, clock);
          assert.equal(stamped.filter((each) => each.reanchored).length, 2);
          const settled = stamped.filter((each) => each.source > 6000).map((each) => each.ms - each.source);
          assert.equal(new Set(settled).size, 1);
          assert.ok(Math.abs(settled[0] ?? 0) <= 2 * VIDEO_STEP);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('holds small steps back and never goes back, never leaps, whatever it is told', () => {
    const told = fc.array(
      fc.record({
        kind: fc.constantFrom<Kind>('audio', 'video'),
        timestamp: fc.oneof(fc.nat(0xffffffff), fc.nat(100_000), fc.constantFrom(0, 0xffffffff)),
        elapsed: fc.nat(20_000),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(told, (messages) => {
        const timeline = new RtmpTimeline<Kind>();
        const last = new Map<Kind, number>();
        let latest = 0;
        let now = 0;
        for (const { kind, timestamp, elapsed } of messages) {
          now += elapsed;
          const { ms } = timeline.stamp(kind, timestamp, now);
          assert.ok(Number.isInteger(ms) && ms >= (last.get(kind) ?? 0), 'never back');
          assert.ok(ms - latest <= MAX_FORWARD_JUMP_MS, 'never beyond the limit');
          last.set(kind, ms);
          latest = Math.max(latest, ms);
          assert.equal(timeline.current(kind), ms);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('fills a leap after silence with the time that passed on the wall', () => {
    const timeline = new RtmpTimeline<Kind>();
    timeline.stamp('video', 1000, 0);
    timeline.stamp('video', 1040, 40);
    assert.deepEqual(timeline.stamp('video', HOUR, 3040), { ms: 3040, reanchored: true });
    assert.deepEqual(timeline.stamp('video', HOUR + 40, 3080), { ms: 3080, reanchored: false });
  });

  it('lets a track rest while another goes on', () => {
    const timeline = new RtmpTimeline<Kind>();
    timeline.stamp('video', 0, 0);
    for (let ms = 0; ms <= 60_000; ms += 20) timeline.stamp('audio', ms, ms);
    assert.deepEqual(timeline.stamp('video', 60_000, 60_000), { ms: 60_000, reanchored: false });
  });

  it('keeps the tracks together when the leap is on the edge of what passes for one', () => {
    for (const jump of [
      MAX_FORWARD_JUMP_MS - 20,
      MAX_FORWARD_JUMP_MS,
      MAX_FORWARD_JUMP_MS + 20,
      -MAX_BACKWARD_STEP_MS + 20,
      -MAX_BACKWARD_STEP_MS - 20,
    ]) {
      const stamped = run(interleaved(20), ({ source }) => 50_000 + source + (source >= 9000 ? jump : 0));
      const settled = stamped.filter((each) => each.source > 12_000).map((each) => each.ms - each.source);
      assert.equal(new Set(settled).size, 1, `leap of ${jump} ms`);
    }
  });
});
