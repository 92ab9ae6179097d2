// AMF0: the value encoding of RTMP commands and metadata (Adobe "Action Message Format, AMF 0", sections 2.2 to 2.18), with the
// avmplus switch (0x11) that puts one AMF3 value inside. Left out: MovieClip and RecordSet, which are reserved.
// The ECMA array's count is a hint that encoders get wrong; an object may end with the message instead of its end marker.

import { ByteReader, type ByteWriter, err, invariant, ok, type Result, type WireError } from '@headend/core';
import { AmfBudget, AmfReferences } from './amf-budget.ts';
import { type AmfObject, type AmfValue, isAmfArray, isAmfObject } from './amf-value.ts';
import { Amf3Reader, writeAmf3 } from './amf3.ts';
import { MAX_AMF_DEPTH } from './limits.ts';

const Marker = {
  number: 0,
  boolean: 1,
  string: 2,
  object: 3,
  null: 5,
  undefined: 6,
  reference: 7,
  ecmaArray: 8,
  objectEnd: 9,
  strictArray: 10,
  date: 11,
  longString: 12,
  unsupported: 13,
  xml: 15,
  typedObject: 16,
  avmPlus: 17,
} as const;

const MAX_SHORT_STRING_BYTES = 0xffff;
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const utf8Encoder = new TextEncoder();

/** Reads the values of one message body, one after the other. After an error every call repeats it. */
export class Amf0Reader {
  readonly #reader: ByteReader;
  readonly #budget = new AmfBudget();
  readonly #references = new AmfReferences(this.#budget);

  constructor(bytes: Uint8Array, start = 0) {
    this.#reader = new ByteReader(bytes, start);
  }

  get remaining(): number {
    return this.#reader.remaining;
  }

  next(): Result<AmfValue, WireError> {
    const value = this.#value(0);
    if (this.#reader.overrun) this.#budget.fail('amf_truncated', 'the value ends before its declared size', this.#reader.offset);
    return this.#budget.error === undefined ? ok(value) : err(this.#budget.error);
  }

  #value(depth: number): AmfValue {
    const offset = this.#reader.offset;
    if (!this.#budget.enter(depth, offset)) return undefined;
    const marker = this.#reader.u8();
    if (this.#reader.overrun) return this.#budget.fail('amf_truncated', 'a value is missing', offset);
    return this.#byMarker(marker, depth, offset);
  }

  #byMarker(marker: number, depth: number, offset: number): AmfValue {
    switch (marker) {
      case Marker.number:
        return this.#reader.f64();
      case Marker.boolean:
        return this.#reader.u8() !== 0;
      case Marker.string:
        return this.#text(this.#reader.u16());
      case Marker.null:
        return null;
      case Marker.undefined:
      case Marker.unsupported:
        return undefined;
      case Marker.date:
        return this.#date();
      case Marker.longString:
      case Marker.xml:
        return this.#text(this.#reader.u32());
      case Marker.avmPlus:
        return new Amf3Reader(this.#reader, this.#budget).value(depth + 1);
      case Marker.reference:
        return this.#references.get(this.#reader.u16(), offset);
      default:
        return this.#container(marker, depth, offset);
    }
  }

  #container(marker: number, depth: number, offset: number): AmfValue {
    const close = this.#references.open();
    switch (marker) {
      case Marker.object:
        return close(this.#properties(depth));
      case Marker.ecmaArray:
        this.#reader.u32();
        return close(this.#properties(depth));
      case Marker.typedObject:
        this.#reader.skip(this.#reader.u16());
        return close(this.#properties(depth));
      case Marker.strictArray:
        return close(this.#strictArray(depth));
      default:
        return this.#budget.fail('amf_marker', `unknown AMF0 marker ${marker}`, offset);
    }
  }

  #text(size: number): string {
    return utf8Decoder.decode(this.#reader.bytes(size));
  }

  #date(): AmfValue {
    const date = this.#reader.f64();
    this.#reader.skip(2); // time zone: reserved, always zero
    return { date };
  }

  #properties(depth: number): AmfObject {
    const object = new Map<string, AmfValue>();
    for (let count = 0; this.#reader.remaining > 0; count++) {
      const keySize = this.#reader.u16();
      if (keySize === 0 && this.#reader.peek() === Marker.objectEnd) {
        this.#reader.u8();
        break;
      }
      if (!this.#budget.room(count, this.#reader.offset)) break;
      const key = this.#text(keySize);
      const value = this.#value(depth + 1);
      if (this.#budget.error !== undefined || this.#reader.overrun) break;
      object.set(key, value);
    }
    return object;
  }

  #strictArray(depth: number): readonly AmfValue[] {
    const declared = this.#reader.u32();
    const array: AmfValue[] = [];
    for (let i = 0; i < declared; i++) {
      if (!this.#budget.room(i, this.#reader.offset)) break;
      const value = this.#value(depth + 1);
      if (this.#budget.error !== undefined || this.#reader.overrun) break;
      array.push(value);
    }
    return array;
  }
}

/** All values of a message body. */
export const parseAmf0 = (bytes: Uint8Array, start = 0): Result<readonly AmfValue[], WireError> => {
  const reader = new Amf0Reader(bytes, start);
  const values: AmfValue[] = [];
  while (reader.remaining > 0) {
    const value = reader.next();
    if (!value.ok) return value;
    values.push(value.value);
  }
  return ok(values);
};

export const writeAmf0 = (writer: ByteWriter, value: AmfValue, depth = 0): void => {
  invariant(depth <= MAX_AMF_DEPTH, 'AMF value nests too deep to write');
  if (value === undefined) writer.u8(Marker.undefined);
  else if (value === null) writer.u8(Marker.null);
  else if (typeof value === 'number') writer.u8(Marker.number).f64(value);
  else if (typeof value === 'boolean') writer.u8(Marker.boolean).u8(value ? 1 : 0);
  else if (typeof value === 'string') writeString(writer, value);
  else if (value instanceof Uint8Array) writeAmf3(writer.u8(Marker.avmPlus), value);
  else if (isAmfObject(value)) writeProperties(writer.u8(Marker.object), value, depth);
  else if (isAmfArray(value)) {
    writer.u8(Marker.strictArray).u32(value.length);
    for (const element of value) writeAmf0(writer, element, depth + 1);
  } else writer.u8(Marker.date).f64(value.date).i16(0);
};

/** An object in the form that metadata has by custom. */
export const writeAmf0EcmaArray = (writer: ByteWriter, object: AmfObject): void =>
  writeProperties(writer.u8(Marker.ecmaArray).u32(object.size), object, 0);

const writeString = (writer: ByteWriter, value: string): void => {
  const bytes = utf8Encoder.encode(value);
  if (bytes.length <= MAX_SHORT_STRING_BYTES) writer.u8(Marker.string).u16(bytes.length).bytes(bytes);
  else writer.u8(Marker.longString).u32(bytes.length).bytes(bytes);
};

const writeProperties = (writer: ByteWriter, object: AmfObject, depth: number): void => {
  for (const [key, value] of object) {
    const bytes = utf8Encoder.encode(key);
    invariant(bytes.length <= MAX_SHORT_STRING_BYTES, 'AMF0 property names have a 16-bit length');
    writer.u16(bytes.length).bytes(bytes);
    writeAmf0(writer, value, depth + 1);
  }
  writer.u16(0).u8(Marker.objectEnd);
};
