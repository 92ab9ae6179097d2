// Access units in every shape encoders send them: length prefixes, Annex B, in-band parameter sets, recovery points.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AccessUnit, type NalCodec, normaliseAccessUnit } from './access-unit.ts';
import { joinAnnexB, joinLengthPrefixed, type NalLengthSize, splitAnnexB } from './nal.ts';
import { hevcStream, hex, openGop } from './test-vectors.ts';

const unit = (codec: NalCodec, data: Uint8Array, lengthSize: NalLengthSize = 4): AccessUnit => {
  const normalised = normaliseAccessUnit(codec, data, lengthSize);
  assert.ok(normalised.ok);
  return normalised.value;
};

const AUD = hex('0910');
const FILLER = hex('0cffff80');

describe('H.264', () => {
  test('what needs no change comes back as the same array', () => {
    const data = joinLengthPrefixed([openGop.idr]);
    const normalised = unit('h264', data);
    assert.equal(normalised.data, data);
    assert.deepEqual([normalised.key, normalised.idr, normalised.parameterSets], [true, true, undefined]);
  });

  test('delimiters, parameter sets, filler and end of sequence go; SEI stays', () => {
    const data = joinLengthPrefixed([AUD, openGop.sps, openGop.pps, openGop.recoveryPoint, openGop.idr, FILLER, hex('0a'), hex('0b')]);
    const normalised = unit('h264', data);
    assert.deepEqual(normalised.data, joinLengthPrefixed([openGop.recoveryPoint, openGop.idr]));
    assert.deepEqual(normalised.parameterSets, { sps: [openGop.sps], pps: [openGop.pps] });
  });

  test('other length sizes become four bytes', () => {
    assert.deepEqual(unit('h264', hex('0002 6588'), 2).data, hex('00000002 6588'));
    assert.deepEqual(unit('h264', hex('02 6588 01 06'), 1).data, hex('00000002 6588 00000001 06'));
  });

  test('a byte stream where lengths were promised is converted', () => {
    const normalised = unit('h264', joinAnnexB([AUD, openGop.sps, openGop.pps, openGop.idr]));
    assert.deepEqual(normalised.data, joinLengthPrefixed([openGop.idr]));
    assert.equal(normalised.key, true);
    const short = Uint8Array.of(...hex('000001'), ...openGop.inter);
    assert.deepEqual(unit('h264', short).data, joinLengthPrefixed([openGop.inter]));
  });

  test('an open GOP starts at a recovery point with intra slices only', () => {
    const open = unit('h264', joinLengthPrefixed([openGop.recoveryPoint, openGop.intra]));
    assert.deepEqual([open.key, open.idr], [true, false]);
  });

  test('neither the SEI nor an intra slice alone is a key frame, nor a recovery that takes frames', () => {
    assert.equal(unit('h264', joinLengthPrefixed([openGop.recoveryPoint, openGop.inter])).key, false);
    assert.equal(unit('h264', joinLengthPrefixed([openGop.intra])).key, false);
    assert.equal(unit('h264', joinLengthPrefixed([openGop.recoveryPoint])).key, false);
    // recovery_frame_cnt 2: ue(v) 011, then the flags.
    assert.equal(unit('h264', joinLengthPrefixed([hex('06060160 80'), openGop.intra])).key, false);
    assert.equal(unit('h264', joinLengthPrefixed([openGop.recoveryPoint, openGop.intra, openGop.inter])).key, false);
  });

  test('a recovery point behind another SEI message is found', () => {
    const sei = hex('06 0502aabb 0601c4 80');
    assert.equal(unit('h264', joinLengthPrefixed([sei, openGop.intra])).key, true);
  });

  test('a unit of parameter sets only has no data', () => {
    const normalised = unit('h264', joinLengthPrefixed([openGop.sps, openGop.pps]));
    assert.equal(normalised.data.length, 0);
    assert.equal(normalised.key, false);
  });

  test('garbage is an error, not a frame', () => {
    const broken = normaliseAccessUnit('h264', hex('ffffffff65'), 4);
    assert.equal(!broken.ok && broken.error.code, 'nal_length_overrun');
  });
});

describe('HEVC', () => {
  test('parameter sets are taken out, an IDR is a key frame', () => {
    const split = splitAnnexB(hevcStream);
    assert.ok(split.ok);
    const [vps, sps, pps, idr, inter] = split.value;
    assert.ok(vps && sps && pps && idr && inter);
    const normalised = unit('hevc', joinAnnexB([vps, sps, pps, idr]));
    assert.deepEqual(normalised, {
      data: joinLengthPrefixed([idr]),
      key: true,
      idr: true,
      parameterSets: { vps: [vps], sps: [sps], pps: [pps] },
    });
    const plain = joinLengthPrefixed([inter]);
    assert.equal(unit('hevc', plain).data, plain);
    assert.equal(unit('hevc', plain).key, false);
  });

  test('CRA and BLA are key frames but no IDR; reserved and leading pictures are neither', () => {
    const access = (type: number) => {
      const { key, idr } = unit('hevc', joinLengthPrefixed([Uint8Array.of(type << 1, 1, 0xaf)]));
      return [key, idr];
    };
    for (const type of [16, 17, 18, 21]) assert.deepEqual(access(type), [true, false]);
    for (const type of [19, 20]) assert.deepEqual(access(type), [true, true]);
    for (const type of [0, 1, 8, 9, 22, 23]) assert.deepEqual(access(type), [false, false]);
  });
});
