// From codec configurations to tracks: what viewers and players will be told.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { timescale } from '@headend/core';
import { parseAvcConfig, writeAvcConfig } from './codecs/h264.ts';
import { parseHevcConfig, writeHevcConfig } from './codecs/hevc.ts';
import { packetSamples } from './codecs/packet-samples.ts';
import { audioSpecificConfig, av1C, avcC, dolby, flac, hex, hvcC, mp3Header, opus } from './codecs/test-vectors.ts';
import type { AudioCodec, AudioTrack, VideoCodec, VideoTrack } from './track.ts';
import { configNalLengthSize, createAudioTrack, createVideoTrack, type VideoTrackSetup } from './tracks.ts';

type Extra = Partial<Pick<VideoTrackSetup, 'frameRateHint' | 'sizeHint'>>;

const video = (codec: VideoCodec, config: Uint8Array, extra: Extra = {}): VideoTrack => {
  const track = createVideoTrack({ id: 7, codec, config, timescale: timescale(90_000), ...extra });
  assert.ok(track.ok);
  return track.value;
};

const audio = (codec: AudioCodec, config: Uint8Array, frame?: Uint8Array): AudioTrack => {
  const track = createAudioTrack({ id: 8, codec, config, ...(frame === undefined ? {} : { frame }) });
  assert.ok(track.ok);
  return track.value;
};

const codeOfVideo = (codec: VideoCodec, config: Uint8Array): string | false => {
  const track = createVideoTrack({ id: 1, codec, config, timescale: timescale(1000) });
  return !track.ok && track.error.code;
};

const EMPTY = hex('');

describe('video tracks', () => {
  test('H.264: everything the bitstream says, the configuration unchanged when it is already right', () => {
    assert.deepEqual(video('h264', avcC.high854x480), {
      kind: 'video',
      id: 7,
      codec: 'h264',
      timescale: 90_000,
      config: avcC.high854x480,
      codecString: 'avc1.64001F',
      width: 854,
      height: 480,
      frameRate: 30000 / 1001,
      colour: { primaries: 1, transfer: 1, matrix: 1, fullRange: false },
    });
    assert.deepEqual(video('h264', avcC.anamorphic).pixelAspect, { h: 64, v: 45 });
  });

  test('H.264: the configuration announces 4-byte lengths, whatever the container used, and has its tail', () => {
    const parsed = parseAvcConfig(avcC.high10);
    assert.ok(parsed.ok);
    const { highProfile: _, ...bare } = parsed.value;
    const twoBytes = writeAvcConfig({ ...bare, lengthSize: 2 });
    assert.deepEqual(configNalLengthSize('h264', twoBytes), { ok: true, value: 2 });
    assert.deepEqual(video('h264', twoBytes).config, avcC.high10);
  });

  test('HEVC: arrays become complete, SEI stays', () => {
    const parsed = parseHevcConfig(hvcC.full854x480);
    assert.ok(parsed.ok);
    const arrays = parsed.value.arrays.map((array) => ({ ...array, complete: false }));
    const track = video('hevc', writeHevcConfig({ ...parsed.value, lengthSize: 2, arrays }));
    const rebuilt = parseHevcConfig(track.config);
    assert.ok(rebuilt.ok);
    assert.equal(rebuilt.value.lengthSize, 4);
    assert.deepEqual(
      rebuilt.value.arrays.map(({ type, complete }) => [type, complete]),
      [
        [32, true],
        [33, true],
        [34, true],
        [39, false],
      ],
    );
    assert.deepEqual([track.width, track.height, track.frameRate, track.codecString], [854, 480, 30, 'hvc1.1.6.L90.90']);
  });

  test('AV1', () => {
    const track = video('av1', av1C.svt10, { frameRateHint: 30 });
    assert.deepEqual([track.width, track.height, track.frameRate, track.codecString], [854, 480, 30, 'av01.0.04M.10']);
    assert.equal(codeOfVideo('av1', hex('81044c00')), 'av1_sequence_missing');
  });

  test('VP9 takes its size from a key frame and gets a level when the encoder gave none', () => {
    const config = hex('010000000000820202020000');
    const track = video('vp9', config, { sizeHint: { width: 1280, height: 720 } });
    assert.deepEqual([track.width, track.height, track.codecString], [1280, 720, 'vp09.00.31.08']);
    assert.equal(codeOfVideo('vp9', config), 'vp_size_unknown');
  });

  test('a frame rate hint is used only where the bitstream is silent', () => {
    assert.equal(video('h264', avcC.main320x180, { frameRateHint: 60 }).frameRate, 25);
    assert.equal(video('av1', av1C.aom, { frameRateHint: 60 }).frameRate, 60);
    assert.equal(video('av1', av1C.aom, { frameRateHint: 0 }).frameRate, undefined);
  });

  test('the track keeps no view of the bytes it was made from', () => {
    const message = av1C.aom.slice();
    const track = video('av1', message);
    message.fill(0);
    assert.deepEqual(track.config, av1C.aom);
  });

  test('broken parameter sets are refused with a stable code', () => {
    // The SPS of avcC.high854x480 cut to eight bytes.
    assert.equal(codeOfVideo('h264', hex('0164001fffe100086764001facd940d801000468ef8fcb')), 'h264_sps_truncated');
    assert.equal(codeOfVideo('h264', EMPTY), 'h264_config_version');
    assert.equal(codeOfVideo('hevc', hvcC.rext422.subarray(0, 23)), 'hevc_config_truncated');
  });
});

describe('audio tracks', () => {
  test('AAC: the timescale is the sample rate', () => {
    assert.deepEqual(audio('aac', audioSpecificConfig.surround51), {
      kind: 'audio',
      id: 8,
      codec: 'aac',
      timescale: 48_000,
      config: audioSpecificConfig.surround51,
      codecString: 'mp4a.40.2',
      sampleRate: 48_000,
      channels: 6,
      frameSamples: 1024,
    });
  });

  test('HE-AAC counts the samples of its core coder at the core rate', () => {
    const track = audio('aac', audioSpecificConfig.heAac);
    assert.deepEqual([track.timescale, track.frameSamples, track.codecString], [24_000, 1024, 'mp4a.40.5']);
  });

  test('Opus and FLAC from their boxes', () => {
    const surround = audio('opus', opus.dops51);
    assert.deepEqual([surround.sampleRate, surround.channels, surround.frameSamples], [48_000, 6, undefined]);
    const lossless = audio('flac', flac.dfla);
    assert.deepEqual([lossless.sampleRate, lossless.channels, lossless.frameSamples], [44_100, 2, 4608]);
  });

  test('AC-3 and MP3 come without configuration: a frame tells', () => {
    const ac3 = audio('ac3', EMPTY, dolby.ac3Frame);
    assert.deepEqual(ac3.config, dolby.dac3);
    assert.deepEqual(audio('ac3', dolby.dac3), ac3);
    const mp3 = audio('mp3', EMPTY, mp3Header);
    assert.deepEqual([mp3.sampleRate, mp3.channels, mp3.config.length], [44_100, 2, 0]);
    const silent = createAudioTrack({ id: 1, codec: 'mp3', config: EMPTY });
    assert.equal(!silent.ok && silent.error.code, 'mp3_header_truncated');
  });
});

describe('samples of a packet', () => {
  test('fixed by the configuration or told by the frame', () => {
    assert.equal(packetSamples(audio('aac', audioSpecificConfig.stereo48000), EMPTY), 1024);
    assert.equal(packetSamples(audio('opus', opus.dops), hex('ecb5')), 240);
    assert.equal(packetSamples(audio('flac', flac.dfla), hex('fff8c91800c2')), 4096);
    assert.equal(packetSamples(audio('ac3', dolby.dac3), dolby.ac3Frame), 1536);
    assert.equal(packetSamples(audio('mp3', EMPTY, mp3Header), hex('fff384c4')), 576);
  });

  test('a frame that cannot be read counts as the usual one', () => {
    assert.equal(packetSamples(audio('opus', opus.dops), EMPTY), 960);
    assert.equal(packetSamples(audio('flac', flac.dfla), EMPTY), 4608);
    assert.equal(packetSamples(audio('eac3', dolby.dec3), EMPTY), 1536);
  });
});
