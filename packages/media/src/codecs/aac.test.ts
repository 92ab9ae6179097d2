// AudioSpecificConfig and ADTS against vectors of real encoders.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { aacCodecString, parseAdtsHeader, parseAudioSpecificConfig, stripAdts, writeAudioSpecificConfig } from './aac.ts';
import { adtsHeader, audioSpecificConfig, hex } from './test-vectors.ts';

const configOf = (bytes: Uint8Array) => {
  const parsed = parseAudioSpecificConfig(bytes);
  assert.ok(parsed.ok);
  return parsed.value;
};

const codeOf = (bytes: Uint8Array): string | false => {
  const parsed = parseAudioSpecificConfig(bytes);
  return !parsed.ok && parsed.error.code;
};

describe('AudioSpecificConfig', () => {
  test('rate and channels are those that ffprobe reports', () => {
    const expected = [
      [audioSpecificConfig.mono44100, 44100, 1],
      [audioSpecificConfig.stereo48000, 48000, 2],
      [audioSpecificConfig.surround51, 48000, 6],
      [audioSpecificConfig.pce50, 48000, 5],
      [audioSpecificConfig.pce71, 48000, 8],
    ] as const;
    for (const [bytes, sampleRate, channels] of expected) {
      const config = configOf(bytes);
      assert.deepEqual([config.sampleRate, config.channels, config.frameSamples], [sampleRate, channels, 1024]);
      assert.deepEqual([config.objectType, config.extension], [2, 'none']);
    }
  });

  test('HE-AAC: the core coder counts, the extension is told', () => {
    const sbr = configOf(audioSpecificConfig.heAac);
    assert.deepEqual([sbr.objectType, sbr.sampleRate, sbr.channels, sbr.extension, sbr.extensionSampleRate], [2, 24000, 2, 'sbr', 48000]);
    const ps = configOf(audioSpecificConfig.heAacV2);
    assert.deepEqual([ps.objectType, ps.sampleRate, ps.channels, ps.extension], [2, 24000, 1, 'ps']);
    const compatible = configOf(audioSpecificConfig.heAacCompatible);
    assert.deepEqual([compatible.sampleRate, compatible.extension, compatible.extensionSampleRate], [24000, 'sbr', 48000]);
  });

  test('an explicit rate, frames of 960 samples, an escaped object type', () => {
    // AOT 2, index 15, 46875 Hz in 24 bits, 2 channels, frameLengthFlag 1.
    const custom = configOf(hex('17 805b 8d94'));
    assert.deepEqual([custom.sampleRate, custom.channels, custom.frameSamples], [46875, 2, 960]);
    // AOT 31 + 8 = 39 (ELD), index 3, 2 channels, 512 samples.
    const eld = configOf(hex('f8 e6 40 00'));
    assert.deepEqual([eld.objectType, eld.sampleRate, eld.channels, eld.frameSamples], [39, 48000, 2, 512]);
  });

  test('what is cut, reserved or not AAC is refused', () => {
    assert.equal(codeOf(hex('')), 'aac_config_truncated');
    assert.equal(codeOf(hex('11')), 'aac_config_truncated');
    assert.equal(codeOf(hex('1690')), 'aac_sample_rate');
    assert.equal(codeOf(hex('11c0')), 'aac_channels');
    assert.equal(codeOf(hex('0190')), 'aac_object_type_unsupported');
  });

  test('is written as encoders write it', () => {
    assert.deepEqual(writeAudioSpecificConfig({ sampleRate: 48000, channelConfiguration: 2 }), hex('1190'));
    assert.deepEqual(writeAudioSpecificConfig({ sampleRate: 44100, channelConfiguration: 2 }), hex('1210'));
    assert.deepEqual(writeAudioSpecificConfig({ sampleRate: 48000, channelConfiguration: 1 }), hex('1188'));
  });

  test('codecs parameter', () => {
    assert.equal(aacCodecString(configOf(audioSpecificConfig.stereo48000)), 'mp4a.40.2');
    assert.equal(aacCodecString(configOf(audioSpecificConfig.heAac)), 'mp4a.40.5');
    assert.equal(aacCodecString(configOf(audioSpecificConfig.heAacV2)), 'mp4a.40.29');
  });
});

describe('ADTS', () => {
  test('header', () => {
    const parsed = parseAdtsHeader(adtsHeader);
    assert.ok(parsed.ok);
    assert.deepEqual(parsed.value, {
      objectType: 2,
      sampleRate: 48000,
      channelConfiguration: 2,
      headerBytes: 7,
      frameBytes: 310,
      rawDataBlocks: 1,
    });
  });

  test('is stripped from a frame that has it, and only then', () => {
    const frame = new Uint8Array(310);
    frame.set(adtsHeader);
    assert.equal(stripAdts(frame).length, 303);
    const raw = frame.subarray(7);
    assert.equal(stripAdts(raw), raw);
    const cut = frame.subarray(0, 300);
    assert.equal(stripAdts(cut), cut);
  });
});
