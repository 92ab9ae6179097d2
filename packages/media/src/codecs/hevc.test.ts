// HEVC parameter sets and hvcC against vectors of real encoders.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HevcNalType, hevcCodecString, hevcConfigFromParameterSets, hevcConfigNals, parseHevcConfig, writeHevcConfig } from './hevc.ts';
import { parseHevcSps } from './hevc-sps.ts';
import { parseHevcVps } from './hevc-vps.ts';
import { hevcHdr, hex, hvcC } from './test-vectors.ts';

const configOf = (bytes: Uint8Array) => {
  const parsed = parseHevcConfig(bytes);
  assert.ok(parsed.ok);
  return parsed.value;
};

const spsOf = (nal: Uint8Array | undefined) => {
  const parsed = parseHevcSps(nal ?? hex(''));
  assert.ok(parsed.ok);
  return parsed.value;
};

describe('sequence parameter set', () => {
  test('ten-bit HDR, cropped from 1088 lines', () => {
    const sps = spsOf(hevcHdr.sps);
    assert.deepEqual([sps.width, sps.height, sps.frameRate, sps.bitDepthLuma], [1920, 1080, 60, 10]);
    assert.deepEqual(sps.colour, { primaries: 9, transfer: 16, matrix: 9, fullRange: false });
    assert.deepEqual([sps.profileTierLevel.profileIdc, sps.profileTierLevel.levelIdc], [2, 123]);
  });

  test('scaling lists, two sub-layers, sample aspect ratio, chroma location and HRD on the way', () => {
    const sps = spsOf(hevcConfigNals(configOf(hvcC.full854x480), HevcNalType.sps)[0]);
    assert.deepEqual([sps.width, sps.height, sps.frameRate, sps.chromaFormatIdc], [854, 480, 30, 1]);
    assert.deepEqual(sps.pixelAspect, { h: 64, v: 33 });
    assert.deepEqual(sps.colour, { primaries: 1, transfer: 1, matrix: 1, fullRange: true });
  });

  test('range extensions profile, 4:2:2', () => {
    const sps = spsOf(hevcConfigNals(configOf(hvcC.rext422), HevcNalType.sps)[0]);
    assert.deepEqual([sps.width, sps.height, sps.chromaFormatIdc, sps.bitDepthLuma], [640, 360, 2, 10]);
    assert.equal(sps.profileTierLevel.profileIdc, 4);
  });

  test('a cut one is refused with a stable code', () => {
    for (let length = 0; length < hevcHdr.sps.length - 1; length++) {
      const parsed = parseHevcSps(hevcHdr.sps.subarray(0, length));
      assert.equal(!parsed.ok && parsed.error.code, 'hevc_sps_truncated', `at ${length} bytes`);
    }
  });
});

test('video parameter set: profile, and timing only when it is there', () => {
  const hdr = parseHevcVps(hevcHdr.vps);
  assert.ok(hdr.ok);
  assert.deepEqual([hdr.value.profileTierLevel.profileIdc, hdr.value.maxSubLayers, hdr.value.frameRate], [2, 1, undefined]);
  // The same VPS with vps_timing_info written in by hand: 1001 units in a tick of 60000.
  const timed = parseHevcVps(hex('40010c01ffff02200000030090000003000003007b95940c00000fa40003a98140'));
  assert.ok(timed.ok);
  assert.equal(timed.value.frameRate, 60000 / 1001);
});

describe('configuration record', () => {
  test('is written as it was read', () => {
    for (const bytes of Object.values(hvcC)) assert.deepEqual(writeHevcConfig(configOf(bytes)), bytes);
  });

  test('made from parameter sets: complete arrays, the profile of the SPS', () => {
    const made = hevcConfigFromParameterSets({ vps: [hevcHdr.vps], sps: [hevcHdr.sps], pps: [hevcHdr.pps] });
    assert.ok(made.ok);
    const head = hex('0102200000009000000000007bf000fcfdfafa00000f03');
    assert.deepEqual(writeHevcConfig(made.value.config).subarray(0, head.length), head);
    assert.deepEqual(
      made.value.config.arrays.map(({ type, complete }) => [type, complete]),
      [
        [32, true],
        [33, true],
        [34, true],
      ],
    );
  });

  test('missing parameter sets are named', () => {
    const none = hevcConfigFromParameterSets({ vps: [hevcHdr.vps], sps: [], pps: [hevcHdr.pps] });
    assert.equal(!none.ok && none.error.code, 'hevc_sps_missing');
  });

  test('codecs parameter: reversed compatibility flags, trailing zero constraint bytes dropped', () => {
    assert.equal(hevcCodecString(spsOf(hevcHdr.sps).profileTierLevel), 'hvc1.2.4.L123.90');
    assert.equal(hevcCodecString(configOf(hvcC.full854x480).profileTierLevel), 'hvc1.1.6.L90.90');
    assert.equal(hevcCodecString(configOf(hvcC.rext422).profileTierLevel), 'hvc1.4.10.L63.4D.8');
    const high = {
      profileSpace: 1,
      highTier: true,
      profileIdc: 2,
      compatibility: 0x20000000,
      constraints: hex('b00000000000'),
      levelIdc: 153,
    };
    assert.equal(hevcCodecString(high), 'hvc1.A2.4.H153.B0');
  });
});
