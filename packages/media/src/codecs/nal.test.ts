// NAL units: length prefixes, start codes, emulation prevention.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  annexBToLengthPrefixed,
  lengthPrefixedToAnnexB,
  MAX_NAL_UNITS,
  removeEmulationPrevention,
  splitAnnexB,
  splitLengthPrefixed,
} from './nal.ts';
import { hex } from './test-vectors.ts';

describe('length-prefixed NAL units', () => {
  test('are found for lengths of one, two and four bytes', () => {
    for (const [size, data] of [
      [1, '0265aa0141'],
      [2, '000265aa000141'],
      [4, '0000000265aa0000000141'],
    ] as const) {
      assert.deepEqual(splitLengthPrefixed(hex(data), size), { ok: true, value: [hex('65aa'), hex('41')] });
    }
  });

  test('a length beyond the end and a cut length are errors with the place', () => {
    const overrun = splitLengthPrefixed(hex('0000000165000000ff41'), 4);
    assert.equal(!overrun.ok && overrun.error.code, 'nal_length_overrun');
    assert.equal(!overrun.ok && overrun.error.offset, 5);
    const cut = splitLengthPrefixed(hex('000000016500'), 4);
    assert.equal(!cut.ok && cut.error.code, 'nal_length_truncated');
  });

  test('empty NAL units are left out', () => {
    assert.deepEqual(splitLengthPrefixed(hex('00000000000000016500000000'), 4), { ok: true, value: [hex('65')] });
  });

  test('the limit holds at its value and refuses one more', () => {
    const units = (count: number): Uint8Array => new Uint8Array(count * 2).map((_, i) => (i % 2 === 0 ? 1 : 0x65));
    assert.equal(splitLengthPrefixed(units(MAX_NAL_UNITS), 1).ok, true);
    const more = splitLengthPrefixed(units(MAX_NAL_UNITS + 1), 1);
    assert.equal(!more.ok && more.error.code, 'nal_too_many');
  });
});

describe('byte stream', () => {
  test('start codes of three and four bytes, leading and trailing zeros', () => {
    const stream = hex('00 00000001 09f0 000001 65aa000003 000000 00000001 41 0000');
    assert.deepEqual(splitAnnexB(stream), { ok: true, value: [hex('09f0'), hex('65aa000003'), hex('41')] });
  });

  test('data without a start code holds no NAL units', () => {
    assert.deepEqual(splitAnnexB(hex('65aabbcc')), { ok: true, value: [] });
    assert.deepEqual(splitAnnexB(hex('')), { ok: true, value: [] });
  });

  test('turns into 4-byte lengths and back', () => {
    const stream = hex('0000000109f00000000165aa');
    const prefixed = annexBToLengthPrefixed(stream);
    assert.deepEqual(prefixed, { ok: true, value: hex('0000000209f00000000265aa') });
    assert.deepEqual(lengthPrefixedToAnnexB(hex('0000000209f00000000265aa'), 4), { ok: true, value: stream });
  });
});

describe('emulation prevention', () => {
  test('each 03 after two zeros goes, also at the end', () => {
    assert.deepEqual(removeEmulationPrevention(hex('67000003 01 000003 000003')), hex('670000 01 0000 0000'));
  });

  test('nothing to remove gives the same array back', () => {
    const nal = hex('6700030001');
    assert.equal(removeEmulationPrevention(nal), nal);
  });
});
