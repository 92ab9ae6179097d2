// AMF0 and AMF3: what is written is read back; no bytes throw, loop or unfold; the limits hold at the limit and one beyond.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ByteReader, ByteWriter, err, ok, type Result, type WireError } from '@headend/core';
import fc from 'fast-check';
import { AmfBudget } from './amf-budget.ts';
import type { AmfValue } from './amf-value.ts';
import { parseAmf0, writeAmf0, writeAmf0EcmaArray } from './amf0.ts';
import { Amf3Reader, writeAmf3 } from './amf3.ts';
import { MAX_AMF_DEPTH, MAX_AMF_ELEMENTS } from './limits.ts';
import { readU29, writeU29 } from './u29.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });

/** Any value that both formats carry. AMF3 has no nameless dynamic property. */
const amfValue = fc.letrec<{ value: AmfValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
    text,
    fc.double({ noNaN: true }).map((date) => ({ date })),
    fc.uint8Array({ maxLength: 20 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .array(
        fc.tuple(
          text.filter((key) => key !== ''),
          tie('value'),
        ),
        { maxLength: 5 },
      )
      .map((pairs) => new Map(pairs)),
  ),
})).value;

const written = (write: (writer: ByteWriter) => void): Uint8Array => {
  const writer = new ByteWriter(64);
  write(writer);
  return writer.finish();
};

const readAmf3 = (bytes: Uint8Array): Result<AmfValue, WireError> => {
  const reader = new ByteReader(bytes);
  const budget = new AmfBudget();
  const value = new Amf3Reader(reader, budget).value(0);
  if (budget.error !== undefined) return err(budget.error);
  return reader.overrun ? err({ code: 'amf_truncated', message: '' }) : ok(value);
};

const codeOf = (result: Result<unknown, WireError>): string => (result.ok ? 'ok' : result.error.code);

describe('AMF0', () => {
  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(fc.array(amfValue, { maxLength: 4 }), (values) => {
        const bytes = written((writer) => {
          for (const value of values) writeAmf0(writer, value);
        });
        assert.deepEqual(parseAmf0(bytes), ok(values));
      }),
    );
  });

  it('never throws on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        parseAmf0(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('never throws on a damaged message', () => {
    fc.assert(
      fc.property(amfValue, fc.nat(), fc.nat(255), fc.nat(), (value, at, byte, end) => {
        const bytes = written((writer) => writeAmf0(writer, value)).slice();
        bytes[at % bytes.length] = byte;
        parseAmf0(bytes.subarray(0, end % (bytes.length + 1)));
      }),
      { numRuns: 1000 },
    );
  });

  it('takes an ECMA count as a hint, whatever it says', () => {
    for (const count of [0, 20, 0xffffffff]) {
      const bytes = written((writer) => writer.u8(8).u32(count).u16(1).ascii('a').u8(5).u16(0).u8(9));
      assert.deepEqual(parseAmf0(bytes), ok([new Map([['a', null]])]));
    }
  });

  it('accepts an object that ends with the message', () => {
    const bytes = written((writer) => writer.u8(3).u16(1).ascii('a').u8(1).u8(1));
    assert.deepEqual(parseAmf0(bytes), ok([new Map([['a', true]])]));
  });

  it('writes metadata as an ECMA array', () => {
    const bytes = written((writer) => writeAmf0EcmaArray(writer, new Map([['width', 640]])));
    assert.equal(bytes[0], 8);
    assert.deepEqual(parseAmf0(bytes), ok([new Map([['width', 640]])]));
  });

  it('keeps __proto__ a key like any other', () => {
    const bytes = written((writer) => writeAmf0(writer, new Map([['__proto__', 1]])));
    assert.deepEqual(parseAmf0(bytes), ok([new Map([['__proto__', 1]])]));
  });

  it('writes long strings with a 32-bit length', () => {
    const long = 'x'.repeat(70_000);
    const bytes = written((writer) => writeAmf0(writer, long));
    assert.equal(bytes[0], 12);
    assert.deepEqual(parseAmf0(bytes), ok([long]));
  });

  it('reads typed objects, XML and unsupported', () => {
    const bytes = written((writer) => writer.u8(16).u16(3).ascii('cls').u16(1).ascii('k').u8(13).u16(0).u8(9).u8(15).u32(4).ascii('<a/>'));
    assert.deepEqual(parseAmf0(bytes), ok([new Map([['k', undefined]]), '<a/>']));
  });

  it('nests to its limit and no further', () => {
    const nest = (depth: number): Uint8Array =>
      written((writer) => {
        for (let i = 0; i < depth; i++) writer.u8(10).u32(1);
        writer.u8(5);
      });
    assert.equal(codeOf(parseAmf0(nest(MAX_AMF_DEPTH))), 'ok');
    assert.equal(codeOf(parseAmf0(nest(MAX_AMF_DEPTH + 1))), 'amf_depth');
    assert.equal(codeOf(parseAmf0(nest(100_000))), 'amf_depth');
  });

  it('takes elements to its limit and no more', () => {
    const array = (size: number): Uint8Array => written((writer) => writer.u8(10).u32(size).bytes(new Uint8Array(size).fill(5)));
    assert.equal(codeOf(parseAmf0(array(MAX_AMF_ELEMENTS))), 'ok');
    assert.equal(codeOf(parseAmf0(array(MAX_AMF_ELEMENTS + 1))), 'amf_elements');
  });

  it('does not believe a strict array of four billion', () => {
    assert.equal(codeOf(parseAmf0(written((writer) => writer.u8(10).u32(0xffffffff)))), 'amf_truncated');
  });

  it('follows references backward, but not into an open container', () => {
    const back = written((writer) => writer.u8(10).u32(2).u8(10).u32(0).u8(7).u16(1));
    assert.deepEqual(parseAmf0(back), ok([[[], []]]));
    const cycle = written((writer) => writer.u8(10).u32(1).u8(7).u16(0));
    assert.equal(codeOf(parseAmf0(cycle)), 'amf_cycle');
    assert.equal(codeOf(parseAmf0(written((writer) => writer.u8(7).u16(9)))), 'amf_reference');
  });

  it('counts what references repeat: a doubling bomb stops', () => {
    const bomb = written((writer) => {
      writer.u8(10).u32(1).u8(5);
      for (let i = 0; i < 40; i++) writer.u8(10).u32(2).u8(7).u16(i).u8(7).u16(i);
    });
    assert.equal(codeOf(parseAmf0(bomb)), 'amf_values');
  });
});

describe('AMF3', () => {
  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(amfValue, (value) => {
        assert.deepEqual(readAmf3(written((writer) => writeAmf3(writer, value))), ok(value));
      }),
    );
  });

  it('never throws on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        readAmf3(bytes);
      }),
      { numRuns: 3000 },
    );
  });

  it('keeps a U29 in as few bytes as it needs', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 29 - 1), (value) => {
        const bytes = written((writer) => writeU29(writer, value));
        assert.equal(bytes.length, value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : 4);
        assert.equal(readU29(new ByteReader(bytes)), value);
      }),
    );
  });

  it('shares strings, traits and objects by reference', () => {
    // [{a: "a"} with sealed trait a, the same traits again with value "b", the first object again]
    const bytes = written((writer) => {
      writer.u8(9).u8(7).u8(1);
      writer.u8(10).u8(0x13).u8(1).u8(3).ascii('a').u8(6).u8(0);
      writer.u8(10).u8(0x01).u8(6).u8(3).ascii('b');
      writer.u8(10).u8(0x02);
    });
    assert.deepEqual(readAmf3(bytes), ok([new Map([['a', 'a']]), new Map([['a', 'b']]), new Map([['a', 'a']])]));
  });

  it('reads vectors and dictionaries', () => {
    const vector = written((writer) => writer.u8(13).u8(5).u8(0).i32(-1).i32(7));
    assert.deepEqual(readAmf3(vector), ok([-1, 7]));
    const dictionary = written((writer) => writer.u8(17).u8(3).u8(0).u8(6).u8(3).ascii('k').u8(4).u8(9));
    assert.deepEqual(readAmf3(dictionary), ok(new Map([['k', 9]])));
  });

  it('refuses cycles, externalizable objects and unknown markers', () => {
    assert.equal(codeOf(readAmf3(Uint8Array.of(9, 3, 1, 9, 0))), 'amf_cycle');
    assert.equal(codeOf(readAmf3(Uint8Array.of(10, 0x07, 1))), 'amf_externalizable');
    assert.equal(codeOf(readAmf3(Uint8Array.of(99, 1))), 'amf_marker');
  });

  it('does not believe counts: vectors, arrays and traits of half a billion', () => {
    for (const marker of [9, 10, 13, 16, 17]) {
      const head = [marker, 0xff, 0xff, 0xff, marker === 10 ? 0xf3 : 0xff];
      assert.notEqual(codeOf(readAmf3(Uint8Array.of(...head, 0, 1))), 'ok', `marker ${marker}`);
    }
  });

  it('covers one value behind the AMF0 switch', () => {
    const bytes = written((writer) => writer.u8(0x11).u8(4).u8(5).u8(1).u8(1));
    assert.deepEqual(parseAmf0(bytes), ok([5, true]));
  });
});
