// AV1 sequence headers, av1C and temporal units against vectors of real encoders.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  av1CodecString,
  av1ConfigFromSequenceHeader,
  findAv1SequenceHeader,
  MAX_OBUS,
  normaliseTemporalUnit,
  parseAv1Config,
  splitObus,
  writeAv1Config,
} from './av1.ts';
import type { Av1SequenceHeader } from './av1-sequence.ts';
import { av1C, av1Units, hex } from './test-vectors.ts';

const configOf = (bytes: Uint8Array) => {
  const parsed = parseAv1Config(bytes);
  assert.ok(parsed.ok);
  return parsed.value;
};

const sequenceOf = (bytes: Uint8Array): Av1SequenceHeader => {
  const found = findAv1SequenceHeader(configOf(bytes).configObus);
  assert.ok(found.ok && found.value);
  return found.value;
};

describe('sequence header', () => {
  test('size, depth and level are those that ffprobe reports', () => {
    const expected = [
      [av1C.aom, 640, 360, 8, 1],
      [av1C.svt10, 854, 480, 10, 4],
      [av1C.mono, 640, 360, 8, 1],
      [av1C.hdr444, 640, 360, 8, 1],
      [av1C.professional12, 640, 360, 12, 1],
      [av1C.rav1e2160, 3840, 2160, 8, 31],
    ] as const;
    for (const [bytes, width, height, bitDepth, level] of expected) {
      const header = sequenceOf(bytes);
      assert.deepEqual([header.width, header.height, header.bitDepth, header.level], [width, height, bitDepth, level]);
    }
  });

  test('says what the configuration record repeats', () => {
    for (const bytes of Object.values(av1C)) {
      const made = av1ConfigFromSequenceHeader(configOf(bytes).configObus);
      assert.ok(made.ok);
      assert.deepEqual(writeAv1Config(made.value), bytes);
    }
  });

  test('colour', () => {
    assert.deepEqual(sequenceOf(av1C.svt10).colour, { primaries: 1, transfer: 1, matrix: 1, fullRange: false });
    assert.deepEqual(sequenceOf(av1C.hdr444).colour, { primaries: 9, transfer: 16, matrix: 9, fullRange: true });
    assert.equal(sequenceOf(av1C.aom).colour, undefined);
  });

  test('a cut one is refused', () => {
    const cut = findAv1SequenceHeader(hex('0a040000000c'));
    assert.equal(!cut.ok && cut.error.code, 'av1_sequence_truncated');
  });
});

describe('configuration record', () => {
  test('is written as it was read', () => {
    for (const bytes of Object.values(av1C)) assert.deepEqual(writeAv1Config(configOf(bytes)), bytes);
    const delayed = hex('81001c15');
    assert.equal(configOf(delayed).presentationDelayMinusOne, 5);
    assert.deepEqual(writeAv1Config(configOf(delayed)), delayed);
  });

  test('codecs parameter: short for ordinary video, with the tail for the rest', () => {
    const string = (bytes: Uint8Array) => av1CodecString(configOf(bytes), sequenceOf(bytes).colour);
    assert.equal(string(av1C.aom), 'av01.0.01M.08');
    assert.equal(string(av1C.svt10), 'av01.0.04M.10');
    assert.equal(string(av1C.hdr444), 'av01.1.01M.08.0.000.09.16.09.1');
    assert.equal(string(av1C.mono), 'av01.0.01M.08.1.110.02.02.02.1');
  });
});

describe('temporal unit', () => {
  test('the temporal delimiter goes, the sequence header is reported, a shown key frame is key', () => {
    const unit = normaliseTemporalUnit(av1Units.key);
    assert.ok(unit.ok);
    assert.deepEqual(unit.value.data, av1Units.key.subarray(2));
    assert.equal(unit.value.key, true);
    assert.deepEqual(unit.value.sequenceHeader, hex('0a0a00000002afff9b5f2008'));
  });

  test('an inter frame is not key; a unit in the right form is the same array', () => {
    const bare = av1Units.inter.subarray(2);
    const unit = normaliseTemporalUnit(bare);
    assert.ok(unit.ok);
    assert.equal(unit.value.data, bare);
    assert.equal(unit.value.key, false);
  });

  test('the last OBU without a size field gets one, its extension byte kept', () => {
    const sized = normaliseTemporalUnit(hex('30 10009680'));
    assert.ok(sized.ok);
    assert.deepEqual(sized.value.data, hex('32 04 10009680'));
    const extended = normaliseTemporalUnit(hex('34 08 10009680'));
    assert.ok(extended.ok);
    assert.deepEqual(extended.value.data, hex('36 08 04 10009680'));
    const long = normaliseTemporalUnit(Uint8Array.of(0x30, ...new Uint8Array(200)));
    assert.ok(long.ok);
    assert.deepEqual(long.value.data.subarray(0, 3), hex('32 c801'));
  });

  test('tile lists and padding go', () => {
    const unit = normaliseTemporalUnit(hex('7a02aaaa 4201bb 320110'));
    assert.ok(unit.ok);
    assert.deepEqual(unit.value, { data: hex('320110'), key: true });
  });

  test('overruns, endless sizes and the forbidden bit are errors', () => {
    const code = (bytes: Uint8Array): string | false => {
      const split = splitObus(bytes);
      return !split.ok && split.error.code;
    };
    assert.equal(code(hex('32 05 1000')), 'av1_obu_overrun');
    assert.equal(code(hex('36')), 'av1_obu_size');
    assert.equal(code(hex('34')), 'av1_obu_overrun');
    assert.equal(code(hex('32 ffffffffffffffffff')), 'av1_obu_size');
    assert.equal(code(hex('b2 00')), 'av1_obu_forbidden_bit');
  });

  test('the limit holds at its value and refuses one more', () => {
    const units = (count: number): Uint8Array => new Uint8Array(count * 2).map((_, i) => (i % 2 === 0 ? 0x12 : 0));
    assert.equal(splitObus(units(MAX_OBUS)).ok, true);
    const more = splitObus(units(MAX_OBUS + 1));
    assert.equal(!more.ok && more.error.code, 'av1_obu_too_many');
  });
});
