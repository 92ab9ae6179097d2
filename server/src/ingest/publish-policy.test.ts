// The channel policy against what encoders really send.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ticks, timescale, wallMs } from '@headend/core';
import type { Frame, VideoTrack } from '@headend/media';
import type { PublishPolicy } from './ports.ts';
import { type PolicyVerdict, PublishPolicyMonitor } from './publish-policy.ts';

const policy: PublishPolicy = {
  maxBitrate: 4_000_000,
  bitrateWindowMs: 10_000,
  maxWidth: 1920,
  maxHeight: 1080,
  maxFrameRate: 60,
  codecs: ['h264', 'aac'],
  maxKeyframeIntervalMs: 4000,
  keyframeInterval: 'warn',
  takeoverAfterMs: 5000,
};

const video: VideoTrack = {
  id: 100,
  kind: 'video',
  codec: 'h264',
  timescale: timescale(90_000),
  config: new Uint8Array(),
  codecString: 'avc1.64001F',
  width: 1920,
  height: 1080,
};

const frameAt = (ms: number, key: boolean): Frame => ({
  trackId: 100,
  dts: ticks(ms * 90),
  pts: ticks(ms * 90),
  wallclock: wallMs(0),
  key,
  data: new Uint8Array(1),
});

const codeOf = (verdict: PolicyVerdict | undefined): string | undefined =>
  verdict === undefined ? undefined : verdict.type === 'refuse' ? verdict.error.code : `warn:${verdict.code}`;

/** Sends `bitrate` for `seconds` in tenths of a second; the first verdict, if any. */
const send = (monitor: PublishPolicyMonitor, bitrate: number, seconds: number, fromMs = 0): PolicyVerdict | undefined => {
  for (let i = 0; i < seconds * 10; i++) {
    const verdict = monitor.bytes(bitrate / 80, fromMs + i * 100);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
};

test('codec and picture size are judged on the track, portrait included', () => {
  const monitor = new PublishPolicyMonitor(policy);
  assert.equal(monitor.track(video), undefined);
  assert.equal(monitor.track({ ...video, width: 1080, height: 1920 }), undefined);
  assert.equal(codeOf(monitor.track({ ...video, width: 1922 })), 'policy_resolution');
  assert.equal(codeOf(monitor.track({ ...video, codec: 'av1' })), 'policy_codec');
  assert.equal(codeOf(monitor.track({ ...video, frameRate: 120 })), 'policy_frame_rate');
});

test('bitrate: the limit holds over the window, a start-up burst does not count against it', () => {
  assert.equal(send(new PublishPolicyMonitor(policy), 3_500_000, 60), undefined);
  assert.equal(codeOf(send(new PublishPolicyMonitor(policy), 3_800_000, 60)), 'warn:bitrate_near_limit');
  assert.equal(send(new PublishPolicyMonitor(policy), 15_000_000, 2), undefined);
  const over = new PublishPolicyMonitor(policy);
  let last: PolicyVerdict | undefined;
  for (let i = 0; i < 300 && last?.type !== 'refuse'; i++) last = over.bytes(4_200_000 / 80, i * 100) ?? last;
  assert.equal(codeOf(last), 'policy_bitrate');
});

test('frame rate is measured, whatever was announced', () => {
  const monitor = new PublishPolicyMonitor(policy);
  let verdict: PolicyVerdict | undefined;
  for (let i = 0; i < 2000 && verdict === undefined; i++) verdict = monitor.frame(frameAt(i * 10, i % 100 === 0), video);
  assert.equal(codeOf(verdict), 'policy_frame_rate');
  const steady = new PublishPolicyMonitor(policy);
  for (let i = 0; i < 2000; i++) assert.equal(steady.frame(frameAt(i * 16.67, i % 100 === 0), video), undefined);
});

test('keyframe interval: silent, warned or refused, as the channel says', () => {
  const verdicts = (keyframeInterval: PublishPolicy['keyframeInterval']): (string | undefined)[] => {
    const monitor = new PublishPolicyMonitor({ ...policy, keyframeInterval });
    return Array.from({ length: 300 }, (_, i) => codeOf(monitor.frame(frameAt(i * 40, i % 250 === 0), video)));
  };
  assert.ok(verdicts('allow').every((code) => code === undefined));
  const warned = verdicts('warn');
  const said = warned.flatMap((code, i) => (code === 'warn:keyframe_interval' ? [i] : []));
  assert.deepEqual(said, [101, 250], 'once when the interval is passed, once when its keyframe comes');
  assert.ok(verdicts('refuse').includes('policy_keyframe_interval'));
});
