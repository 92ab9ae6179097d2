// From a log of the page to the report's figures.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FrameSample, ProbeLog } from './page-probe.ts';
import { makeReport, reportTable, spread } from './report.ts';

/** 30 fps from 200 ms after navigation, one second of latency, a flash in the first two frames of each second of media. */
const frames = (seconds: number): FrameSample[] =>
  Array.from({ length: seconds * 30 }, (_, i) => {
    const at = 200 + (i * 1000) / 30;
    return { at, shownAt: 5_000_000 + at, drawnAt: 5_000_000 + at - 1000, mediaTime: 9 + i / 30, flash: i % 30 < 2 };
  });

const log = (changes: Partial<ProbeLog> = {}): ProbeLog => ({
  frames: frames(5),
  stalls: [],
  beeps: [10.02, 11.02, 12.02, 13.02],
  waitingEvents: 0,
  droppedFrames: 0,
  width: 1280,
  height: 720,
  audio: 'listening',
  ...changes,
});

test('says latency, first frame, offset and stalls', () => {
  const report = makeReport('http://page', 5, 1, log({ stalls: [{ at: 900, durationMs: 300 }], waitingEvents: 1 }));
  assert.equal(report.latencyMs?.p50, 1000);
  assert.equal(report.latencyMs?.count, 120);
  assert.equal(report.timeToFirstFrameMs, 200);
  assert.deepEqual(report.stalls, { count: 1, totalMs: 300, waitingEvents: 1 });
  assert.equal(report.avOffsetMs?.count, 4);
  assert.equal(Math.round(report.avOffsetMs?.median ?? 0), 20);
  assert.equal(Math.round(report.picture.framesPerSecond), 30);
  assert.match(reportTable(report), /A\/V offset\s+20 ms \(median of 4/);
});

test('a flash whose first frame was not seen counts for nothing', () => {
  const seen = frames(5).filter((_, i) => i !== 60);
  assert.equal(makeReport('http://page', 5, 1, log({ frames: seen })).avOffsetMs?.count, 3);
});

test('a page without a picture, a clock or sound says so', () => {
  const empty = makeReport('http://page', 5, 1, log({ frames: [], beeps: [], audio: 'none' }));
  assert.equal(empty.timeToFirstFrameMs, undefined);
  assert.match(reportTable(empty), /none was shown/);
  const unread = frames(5).map((frame) => ({ ...frame, drawnAt: undefined }));
  const blind = makeReport('http://page', 5, 1, log({ frames: unread, beeps: [] }));
  assert.equal(blind.latencyMs, undefined);
  assert.equal(blind.framesUnread, 150);
  assert.match(reportTable(blind), /no clock could be read/);
});

test('percentiles', () => {
  assert.equal(spread([]), undefined);
  assert.deepEqual(spread([3, 1, 2]), { p50: 2, p95: 3, max: 3, min: 1, count: 3 });
});
