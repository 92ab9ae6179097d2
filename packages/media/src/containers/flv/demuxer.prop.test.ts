// The demuxer under hostile publishers: real messages with bytes changed, cut, repeated and shuffled never make it throw.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Timescale, wallMs } from '@headend/core';
import fc from 'fast-check';
import { FlvDemuxer, type FlvMessage } from './demuxer.ts';
import { readFlvFile } from './flv-file.ts';
import { ticksFromMillis, VIDEO_TIMESCALE } from './flv-time.ts';

const recording = readFlvFile(new Uint8Array(readFileSync(new URL('./fixtures/ffmpeg8-multitrack.flv', import.meta.url))));

const change = fc.record({ at: fc.nat({ max: 400 }), value: fc.integer({ min: 0, max: 255 }) });

const message: fc.Arbitrary<FlvMessage> = fc
  .record({
    // Configurations stand first in the recording: half of all picks come from there.
    index: fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: recording.length - 1 })),
    changes: fc.array(change, { maxLength: 3 }),
    cut: fc.option(fc.nat({ max: 60 })),
    timestampMs: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
  })
  .map(({ index, changes, cut, timestampMs }) => {
    const original = recording[index];
    assert.ok(original);
    const body = original.body.slice(0, cut ?? undefined);
    for (const { at, value } of changes) if (at < body.length) body[at] = value;
    return { type: original.type, timestampMs, body, wallclock: wallMs(0) };
  });

test('no messages make the demuxer throw, and every frame belongs to a track it announced', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 40 }), (messages) => {
      const demuxer = new FlvDemuxer();
      const announced = new Set<number>();
      for (const event of messages.flatMap((one) => demuxer.push(one))) {
        if (event.type === 'track') announced.add(event.track.id);
        if (event.type !== 'frame') continue;
        assert.ok(announced.has(event.frame.trackId));
        assert.ok(Number.isSafeInteger(event.frame.dts) && Number.isSafeInteger(event.frame.pts));
        assert.ok(event.frame.data.length > 0);
      }
    }),
    { numRuns: 100_000, interruptAfterTimeLimit: 4_000, markInterruptAsFailure: false },
  );
});

test('ticks are the nearest ones, for any time and scale', () => {
  const scale = fc.constantFrom(24_000, 30_000, 44_100, 48_000, 90_000) as fc.Arbitrary<Timescale>; // brand of a number
  const nanoseconds = fc.integer({ min: 0, max: 999_999 });
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 42), max: 2 ** 42 }), scale, nanoseconds, (milliseconds, rate, nanos) => {
      const exact = (BigInt(milliseconds) * 1_000_000n + BigInt(nanos)) * BigInt(rate);
      const error = BigInt(ticksFromMillis(milliseconds, rate, nanos)) * 1_000_000_000n - exact;
      assert.ok(error >= -500_000_000n && error <= 500_000_000n);
    }),
  );
  assert.equal(ticksFromMillis(40, VIDEO_TIMESCALE), 3600);
});
