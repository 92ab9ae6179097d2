// The burned-in clock survives what codecs, scalers and colour conversion do to it, and never invents a time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clockBar, drawClockCells, readClockCells } from './cells.ts';

const SIZES = [
  [1920, 1080],
  [1280, 720],
  [854, 480],
  [640, 360],
] as const;

const anyTime = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const anySize = fc.constantFrom(...SIZES);

/** Deterministic noise of the given amplitude (xorshift32), clamped as a decoder would clamp. */
const addNoise = (plane: Uint8Array, amplitude: number, seed: number): void => {
  let state = seed | 1;
  for (let i = 0; i < plane.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const noise = ((state >>> 8) % (2 * amplitude + 1)) - amplitude;
    plane[i] = Math.min(255, Math.max(0, (plane[i] ?? 0) + noise));
  }
};

/** Box scaler to any size: the mean of the source pixels under each target pixel. */
const scale = (plane: Uint8Array, width: number, height: number, toWidth: number, toHeight: number): Uint8Array => {
  const out = new Uint8Array(toWidth * toHeight);
  for (let y = 0; y < toHeight; y++) {
    for (let x = 0; x < toWidth; x++) {
      const x0 = Math.floor((x * width) / toWidth);
      const x1 = Math.max(x0 + 1, Math.floor(((x + 1) * width) / toWidth));
      const y0 = Math.floor((y * height) / toHeight);
      const y1 = Math.max(y0 + 1, Math.floor(((y + 1) * height) / toHeight));
      let sum = 0;
      for (let sy = y0; sy < y1; sy++) for (let sx = x0; sx < x1; sx++) sum += plane[sy * width + sx] ?? 0;
      out[y * toWidth + x] = Math.round(sum / ((x1 - x0) * (y1 - y0)));
    }
  }
  return out;
};

const toRgba = (plane: Uint8Array): Uint8ClampedArray => {
  const out = new Uint8ClampedArray(plane.length * 4);
  plane.forEach((luma, i) => {
    const value = ((luma - 16) * 255) / 219;
    out.set([value, value, value, 255], i * 4);
  });
  return out;
};

test('any time round-trips through noise and a downscale to half or two thirds', () => {
  fc.assert(
    fc.property(
      anyTime,
      anySize,
      fc.integer({ min: 0, max: 60 }),
      fc.integer(),
      fc.constantFrom(1, 2 / 3, 0.5),
      (time, [width, height], noise, seed, factor) => {
        const plane = new Uint8Array(width * height).fill(110);
        drawClockCells(plane, width, width, height, time);
        addNoise(plane, noise, seed);
        const toWidth = Math.round(width * factor);
        const toHeight = Math.round(height * factor);
        const small = scale(plane, width, height, toWidth, toHeight);
        assert.deepEqual(readClockCells(small, toWidth, toHeight), { wallMs: time });
      },
    ),
    { numRuns: 60, interruptAfterTimeLimit: 8000 },
  );
});

test('RGBA and padded luma read the same', () => {
  fc.assert(
    fc.property(anyTime, (time) => {
      const [width, height, stride] = [640, 360, 704];
      const plane = new Uint8Array(stride * height).fill(90);
      drawClockCells(plane, stride, width, height, time);
      assert.deepEqual(readClockCells(plane, width, height, stride), { wallMs: time });
      const packed = new Uint8Array(width * height);
      for (let y = 0; y < height; y++) packed.set(plane.subarray(y * stride, y * stride + width), y * width);
      assert.deepEqual(readClockCells(toRgba(packed), width, height), { wallMs: time });
    }),
    { numRuns: 20 },
  );
});

test('a picture without the bar, or with a damaged cell, reads as nothing', () => {
  const [width, height] = [1280, 720];
  assert.equal(readClockCells(new Uint8Array(width * height), width, height), undefined);
  assert.equal(readClockCells(new Uint8Array(width * height).fill(255), width, height), undefined);
  fc.assert(
    fc.property(anyTime, fc.integer({ min: 0, max: 71 }), (time, cell) => {
      const plane = new Uint8Array(width * height);
      drawClockCells(plane, width, width, height, time);
      const bar = clockBar(width, height);
      const left = bar.x + (cell % 36) * 32;
      const top = bar.y + Math.floor(cell / 36) * 24;
      for (let y = top; y < top + 24; y++) for (let x = left; x < left + 32; x++) plane[y * width + x] = 251 - (plane[y * width + x] ?? 0);
      assert.equal(readClockCells(plane, width, height), undefined);
    }),
    { numRuns: 30 },
  );
});

test('noise never reads as a time', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const plane = new Uint8Array(640 * 360).fill(128);
      addNoise(plane, 127, seed);
      assert.equal(readClockCells(plane, 640, 360), undefined);
    }),
    { numRuns: 50 },
  );
});
