// OpusHead, dOps and packet durations (RFC 7845, RFC 6716).

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_OPUS_CONFIG, opusPacketSamples, parseDops, parseOpusHead, writeDops, writeOpusHead } from './opus.ts';
import { hex, opus } from './test-vectors.ts';

const headOf = (bytes: Uint8Array) => {
  const parsed = parseOpusHead(bytes);
  assert.ok(parsed.ok);
  return parsed.value;
};

describe('configuration', () => {
  test('OpusHead becomes the dOps that FFmpeg writes, and back', () => {
    assert.deepEqual(writeDops(headOf(opus.head)), opus.dops);
    const dops = parseDops(opus.dops);
    assert.ok(dops.ok);
    assert.deepEqual(writeOpusHead(dops.value), opus.head);
  });

  test('surround carries its channel mapping', () => {
    const dops = parseDops(opus.dops51);
    assert.ok(dops.ok);
    assert.equal(dops.value.channels, 6);
    assert.deepEqual(dops.value.mapping, { streams: 4, coupled: 2, table: hex('000401020305') });
    assert.deepEqual(writeDops(dops.value), opus.dops51);
    assert.deepEqual(headOf(writeOpusHead(dops.value)), dops.value);
  });

  test('an empty OpusHead stands for stereo at 48 kHz', () => {
    assert.deepEqual(headOf(hex('')), DEFAULT_OPUS_CONFIG);
    assert.deepEqual([DEFAULT_OPUS_CONFIG.channels, DEFAULT_OPUS_CONFIG.inputSampleRate], [2, 48000]);
  });

  test('contradictions are refused', () => {
    const code = (bytes: Uint8Array): string | false => {
      const parsed = parseDops(bytes);
      return !parsed.ok && parsed.error.code;
    };
    assert.equal(code(hex('0003 0138 0000bb80 0000 00')), 'opus_channels');
    assert.equal(code(hex('0000 0138 0000bb80 0000 00')), 'opus_channels');
    assert.equal(code(hex('0002 0138 0000bb80 0000 01 01 00 0001')), 'opus_mapping');
    assert.equal(code(hex('0002 0138 0000bb80 0000 01 01')), 'opus_config_truncated');
    assert.equal(code(hex('0102 0138 0000bb80 0000 00')), 'opus_dops_version');
    const magic = parseOpusHead(hex('4f70757354616773'));
    assert.equal(!magic.ok && magic.error.code, 'opus_head_magic');
  });
});

describe('packet duration', () => {
  test('of libopus packets of 2.5 to 60 ms', () => {
    // ffmpeg … -c:a libopus -frame_duration N: the first bytes of a packet.
    const expected = [
      ['e470', 120],
      ['ecb5', 240],
      ['f4b5', 480],
      ['fcb4', 960],
      ['fefc', 1920],
      ['ff83', 2880],
    ] as const;
    for (const [start, samples] of expected) assert.deepEqual(opusPacketSamples(hex(start)), { ok: true, value: samples });
  });

  test('of SILK and hybrid modes', () => {
    assert.deepEqual(opusPacketSamples(hex('18')), { ok: true, value: 2880 });
    assert.deepEqual(opusPacketSamples(hex('68')), { ok: true, value: 960 });
    assert.deepEqual(opusPacketSamples(hex('61')), { ok: true, value: 960 });
  });

  test('120 ms is allowed, more is not', () => {
    assert.deepEqual(opusPacketSamples(hex('fb06')), { ok: true, value: 5760 });
    assert.equal(opusPacketSamples(hex('fb07')).ok, false);
    assert.equal(opusPacketSamples(hex('fb00')).ok, false);
    assert.equal(opusPacketSamples(hex('fb')).ok, false);
    assert.equal(opusPacketSamples(hex('')).ok, false);
  });
});
