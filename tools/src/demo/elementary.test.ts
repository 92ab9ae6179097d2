// Annex B to lengths, temporal delimiters, and the two forms of the Opus configuration.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { framePayload, nalUnits } from './elementary.ts';

test('cuts Annex B at start codes of three and of four bytes', () => {
  const stream = Uint8Array.of(0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 0, 1, 0x65, 4, 0, 0, 3, 5);
  assert.deepEqual(
    nalUnits(stream).map((unit) => [...unit]),
    [
      [0x67, 1, 2],
      [0x68, 3],
      [0x65, 4, 0, 0, 3, 5],
    ],
  );
});

test('a frame holds slices behind 4-byte lengths, without parameter sets and delimiters', () => {
  const h264 = Uint8Array.of(0, 0, 0, 1, 9, 0xf0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 1, 0x65, 3, 4);
  assert.deepEqual([...framePayload('h264', h264)], [0, 0, 0, 3, 0x65, 3, 4]);
  const hevc = Uint8Array.of(0, 0, 0, 1, 0x40, 1, 0, 0, 1, 0x42, 1, 0, 0, 1, 0x44, 1, 0, 0, 1, 0x26, 1, 7);
  assert.deepEqual([...framePayload('hevc', hevc)], [0, 0, 0, 3, 0x26, 1, 7]);
  assert.deepEqual([...framePayload('av1', Uint8Array.of(0x12, 0, 0x32, 1, 9))], [0x32, 1, 9]);
});
