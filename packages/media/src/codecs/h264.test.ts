// H.264 parameter sets and avcC against vectors of real encoders.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { avcConfigFromParameterSets, h264CodecString, parseAvcConfig, writeAvcConfig } from './h264.ts';
import { type H264Sps, parseH264Sps } from './h264-sps.ts';
import { avcC, hex, openGop } from './test-vectors.ts';

const configOf = (bytes: Uint8Array) => {
  const parsed = parseAvcConfig(bytes);
  assert.ok(parsed.ok);
  return parsed.value;
};

const spsOf = (bytes: Uint8Array): H264Sps => {
  const nal = configOf(bytes).sps[0];
  assert.ok(nal);
  const parsed = parseH264Sps(nal);
  assert.ok(parsed.ok);
  return parsed.value;
};

describe('sequence parameter set', () => {
  test('size, rate and profile are those that ffprobe reports', () => {
    const expected = [
      [avcC.main320x180, 320, 180, 77, 25],
      [avcC.high854x480, 854, 480, 100, 30000 / 1001],
      [avcC.baseline1080, 1920, 1080, 66, 30],
      [avcC.interlaced1080, 1920, 1080, 77, 25],
      [avcC.high10, 640, 360, 110, 60],
      [avcC.high422, 640, 360, 122, 50],
      [avcC.high444, 640, 360, 244, 30],
      [avcC.gray638x358, 638, 358, 100, 30],
      [avcC.anamorphic, 720, 576, 66, 25],
      [avcC.hrd, 854, 480, 100, 30],
    ] as const;
    for (const [bytes, width, height, profileIdc, frameRate] of expected) {
      const sps = spsOf(bytes);
      assert.deepEqual([sps.width, sps.height, sps.profileIdc, sps.frameRate], [width, height, profileIdc, frameRate]);
    }
  });

  test('chroma format and bit depth', () => {
    const picture = (sps: H264Sps) => [sps.chromaFormatIdc, sps.bitDepthLuma, sps.bitDepthChroma];
    assert.deepEqual(picture(spsOf(avcC.high10)), [1, 10, 10]);
    assert.deepEqual(picture(spsOf(avcC.high422)), [2, 10, 10]);
    assert.deepEqual(picture(spsOf(avcC.high444)), [3, 8, 8]);
    assert.deepEqual(picture(spsOf(avcC.gray638x358)), [0, 8, 8]);
  });

  test('colour, sample aspect ratio, interlacing and reordering', () => {
    assert.deepEqual(spsOf(avcC.high854x480).colour, { primaries: 1, transfer: 1, matrix: 1, fullRange: false });
    assert.equal(spsOf(avcC.main320x180).colour, undefined);
    assert.equal(spsOf(avcC.hrd).colour?.fullRange, true);
    assert.deepEqual(spsOf(avcC.anamorphic).pixelAspect, { h: 64, v: 45 });
    assert.equal(spsOf(avcC.high854x480).pixelAspect, undefined);
    assert.equal(spsOf(avcC.interlaced1080).frameMbsOnly, false);
    assert.equal(spsOf(avcC.high854x480).maxReorderFrames, 2);
    assert.equal(spsOf(avcC.baseline1080).maxReorderFrames, 0);
  });

  test('a cut one is refused with a stable code, never guessed', () => {
    const sps = configOf(avcC.high854x480).sps[0] ?? hex('');
    for (let length = 0; length < sps.length - 1; length++) {
      const parsed = parseH264Sps(sps.subarray(0, length));
      assert.equal(!parsed.ok && parsed.error.code, 'h264_sps_truncated', `at ${length} bytes`);
    }
  });

  /** A Baseline level 1 SPS: header fields written as bits, so that each claim can be made absurd. */
  const spsOfBits = (bits: string): Uint8Array => {
    const digits = bits.replaceAll(' ', '');
    const bytes = Array.from({ length: Math.ceil(digits.length / 8) }, (_, i) =>
      Number.parseInt(digits.slice(i * 8, i * 8 + 8).padEnd(8, '0'), 2),
    );
    return Uint8Array.of(0x67, ...bytes);
  };
  const codeOf = (bits: string): string | false => {
    const parsed = parseH264Sps(spsOfBits(bits));
    return !parsed.ok && parsed.error.code;
  };
  const BASELINE = '01000010 00000000 00001010';
  const HIGH = '01100100 00000000 00001010';

  test('a picture cropped to nothing or larger than any level is refused', () => {
    // One macroblock; frame_cropping_flag with a left offset of 8 units of two samples.
    assert.equal(codeOf(`${BASELINE} 1 1 1 1 010 0 1 1 1 1 1 0001001 1 1 1 0 1`), 'h264_sps_dimensions');
    // pic_width_in_mbs_minus1 1023 is 16384 samples, the limit; 1024 is over it.
    assert.equal(codeOf(`${BASELINE} 1 1 1 1 010 0 ${'0'.repeat(10)}10000000000 1 1 1 0 0 1`), false);
    assert.equal(codeOf(`${BASELINE} 1 1 1 1 010 0 ${'0'.repeat(10)}10000000001 1 1 1 0 0 1`), 'h264_sps_dimensions');
  });

  test('counts beyond the standard are refused before anything loops over them', () => {
    // chroma_format_idc 4; bit depth 15; seq_parameter_set_id 32; 256 frames in the picture order count cycle; 17 reference frames.
    assert.equal(codeOf(`${HIGH} 1 00101 ${'1'.repeat(80)}`), 'h264_sps_invalid');
    assert.equal(codeOf(`${HIGH} 1 010 0001000 ${'1'.repeat(80)}`), 'h264_sps_invalid');
    assert.equal(codeOf(`${BASELINE} 00000100001 ${'1'.repeat(80)}`), 'h264_sps_invalid');
    assert.equal(codeOf(`${BASELINE} 1 1 010 1 1 1 ${'0'.repeat(8)}100000001 ${'1'.repeat(400)}`), 'h264_sps_invalid');
    assert.equal(codeOf(`${BASELINE} 1 1 1 1 000010010 ${'1'.repeat(80)}`), 'h264_sps_invalid');
  });
});

describe('configuration record', () => {
  test('is written as it was read', () => {
    for (const bytes of Object.values(avcC)) assert.deepEqual(writeAvcConfig(configOf(bytes)), bytes);
  });

  test('made from its parameter sets it is the same again, high-profile tail included', () => {
    for (const bytes of Object.values(avcC)) {
      const { sps, pps } = configOf(bytes);
      const made = avcConfigFromParameterSets(sps, pps);
      assert.ok(made.ok);
      assert.deepEqual(writeAvcConfig(made.value.config), bytes);
    }
  });

  test('an absent high-profile tail is tolerated', () => {
    const parsed = parseAvcConfig(avcC.high10.subarray(0, avcC.high10.length - 4));
    assert.ok(parsed.ok);
    assert.equal(parsed.value.highProfile, undefined);
  });

  test('zero-length parameter sets count as missing', () => {
    const parsed = configOf(hex('0164001fffe1000001000468ef8fcb'));
    const made = avcConfigFromParameterSets(parsed.sps, parsed.pps);
    assert.equal(!made.ok && made.error.code, 'h264_sps_missing');
    const noPps = avcConfigFromParameterSets([openGop.sps], []);
    assert.equal(!noPps.ok && noPps.error.code, 'h264_pps_missing');
  });

  test('another version, 3-byte lengths and a cut record are refused', () => {
    const code = (bytes: Uint8Array): string | false => {
      const parsed = parseAvcConfig(bytes);
      return !parsed.ok && parsed.error.code;
    };
    assert.equal(code(hex('00640028ffe10000')), 'h264_config_version');
    assert.equal(code(hex('01640028fee0 00')), 'h264_config_length_size');
    assert.equal(code(avcC.high10.subarray(0, 20)), 'h264_config_truncated');
  });

  test('codecs parameter', () => {
    assert.equal(h264CodecString(configOf(avcC.high854x480)), 'avc1.64001F');
    assert.equal(h264CodecString(configOf(avcC.baseline1080)), 'avc1.42C028');
  });
});
