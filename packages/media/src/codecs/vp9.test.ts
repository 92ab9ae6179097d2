// VP8 and VP9 configuration records and frame headers.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hex, vpFrames } from './test-vectors.ts';
import { parseVp8FrameHeader, parseVp9FrameHeader, parseVpConfig, vp9LevelForSize, vpCodecString, writeVpConfig } from './vp9.ts';

// ffmpeg -f lavfi -i testsrc2=size=640x360:rate=30 -c:v libvpx-vp9 [-profile:v 2 -pix_fmt yuv420p10le] x.mp4; the payload of vpcC.
const profile0 = hex('010000000015820202020000');
const profile2 = hex('010000000215a20202020000');

const configOf = (bytes: Uint8Array) => {
  const parsed = parseVpConfig(bytes);
  assert.ok(parsed.ok);
  return parsed.value;
};

describe('configuration record', () => {
  test('is read with or without the FullBox header and written with it', () => {
    for (const bytes of [profile0, profile2]) {
      assert.deepEqual(configOf(bytes.subarray(4)), configOf(bytes));
      assert.deepEqual(writeVpConfig(configOf(bytes)), bytes);
    }
    assert.deepEqual([configOf(profile2).profile, configOf(profile2).bitDepth, configOf(profile2).level], [2, 10, 21]);
  });

  test('one that is cut or impossible is refused', () => {
    const cut = parseVpConfig(profile0.subarray(0, 9));
    assert.equal(!cut.ok && cut.error.code, 'vp_config_invalid');
    const short = parseVpConfig(profile0.subarray(4, 10));
    assert.equal(!short.ok && short.error.code, 'vp_config_truncated');
  });

  test('codecs parameter', () => {
    assert.equal(vpCodecString('vp9', configOf(profile0)), 'vp09.00.21.08');
    assert.equal(vpCodecString('vp9', configOf(profile2)), 'vp09.02.21.10');
    const hdr = { ...configOf(profile2), primaries: 9, transfer: 16, matrix: 9 };
    assert.equal(vpCodecString('vp9', hdr), 'vp09.02.21.10.01.09.16.09.00');
    assert.equal(vp9LevelForSize(640, 360), 21);
    assert.equal(vp9LevelForSize(1920, 1080), 40);
  });
});

describe('frame header', () => {
  test('VP9 key and inter frames', () => {
    assert.deepEqual(parseVp9FrameHeader(vpFrames.vp9Key), { ok: true, value: { key: true, width: 64, height: 64 } });
    assert.deepEqual(parseVp9FrameHeader(vpFrames.vp9Inter), { ok: true, value: { key: false } });
    const broken = parseVp9FrameHeader(hex('8249834300'));
    assert.equal(!broken.ok && broken.error.code, 'vp9_sync_code');
  });

  test('VP8 key and inter frames', () => {
    assert.deepEqual(parseVp8FrameHeader(vpFrames.vp8Key), { ok: true, value: { key: true, width: 64, height: 64 } });
    assert.deepEqual(parseVp8FrameHeader(vpFrames.vp8Inter), { ok: true, value: { key: false } });
  });
});
