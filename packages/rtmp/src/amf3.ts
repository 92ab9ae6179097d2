// AMF3 values (Adobe "Action Message Format, AMF 3", sections 3.2 to 3.16), as they occur inside AMF0 behind the avmplus switch.
// Left out: externalizable objects, whose form only their class knows. Vectors become arrays, XML becomes text, a dictionary
// becomes an object if its keys are text or numbers. The writer sends no references, which every reader accepts.

import { type ByteReader, type ByteWriter, invariant } from '@headend/core';
import { type AmfBudget, AmfReferences } from './amf-budget.ts';
import { type AmfObject, type AmfValue, isAmfArray, isAmfObject } from './amf-value.ts';
import { MAX_AMF_DEPTH } from './limits.ts';
import { readU29, U29_RANGE, writeU29 } from './u29.ts';

const Marker = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  integer: 4,
  double: 5,
  string: 6,
  xmlDocument: 7,
  date: 8,
  array: 9,
  object: 10,
  xml: 11,
  byteArray: 12,
  vectorInt: 13,
  vectorUint: 14,
  vectorDouble: 15,
  vectorObject: 16,
  dictionary: 17,
} as const;

/** Integers are U29s in two's complement. */
const MAX_INTEGER = 2 ** 28 - 1;
const MIN_INTEGER = -(2 ** 28);

type Traits = { readonly dynamic: boolean; readonly names: readonly string[] };

const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const utf8Encoder = new TextEncoder();

/** Reads one value and what it contains. Errors and overruns are left in the budget and the reader, which the caller checks. */
export class Amf3Reader {
  readonly #reader: ByteReader;
  readonly #budget: AmfBudget;
  readonly #objects: AmfReferences;
  readonly #strings: string[] = [];
  readonly #traits: Traits[] = [];

  constructor(reader: ByteReader, budget: AmfBudget) {
    this.#reader = reader;
    this.#budget = budget;
    this.#objects = new AmfReferences(budget);
  }

  value(depth: number): AmfValue {
    const offset = this.#reader.offset;
    if (!this.#budget.enter(depth, offset)) return undefined;
    const marker = this.#reader.u8();
    if (this.#reader.overrun) return this.#budget.fail('amf_truncated', 'a value is missing', offset);
    switch (marker) {
      case Marker.undefined:
        return undefined;
      case Marker.null:
        return null;
      case Marker.false:
        return false;
      case Marker.true:
        return true;
      case Marker.integer:
        return this.#integer();
      case Marker.double:
        return this.#reader.f64();
      case Marker.string:
        return this.#string();
      default:
        return this.#referable(marker, depth, offset);
    }
  }

  get #broken(): boolean {
    return this.#budget.error !== undefined || this.#reader.overrun;
  }

  #integer(): number {
    const raw = readU29(this.#reader);
    return raw > MAX_INTEGER ? raw - U29_RANGE : raw;
  }

  #string(): string {
    const offset = this.#reader.offset;
    const head = readU29(this.#reader);
    if ((head & 1) === 0) {
      const known = this.#strings[head >> 1];
      if (known === undefined) this.#budget.fail('amf_reference', 'reference to a string that was not sent', offset);
      return known ?? '';
    }
    const text = utf8Decoder.decode(this.#reader.bytes(head >> 1));
    if (text !== '') this.#strings.push(text);
    return text;
  }

  #referable(marker: number, depth: number, offset: number): AmfValue {
    if (marker > Marker.dictionary) return this.#budget.fail('amf_marker', `unknown AMF3 marker ${marker}`, offset);
    const head = readU29(this.#reader);
    if (this.#reader.overrun) return undefined;
    if ((head & 1) === 0) return this.#objects.get(head >> 1, offset);
    const close = this.#objects.open();
    return close(this.#content(marker, head >> 1, depth, offset));
  }

  /** `size` is the first U29 without its reference bit: a length, a count, or the flags of an object. */
  #content(marker: number, size: number, depth: number, offset: number): AmfValue {
    switch (marker) {
      case Marker.xmlDocument:
      case Marker.xml:
        return utf8Decoder.decode(this.#reader.bytes(size));
      case Marker.byteArray:
        // A copy; slice() of a Buffer would be a view of bytes that the caller uses again.
        return new Uint8Array(this.#reader.bytes(size));
      case Marker.date:
        return { date: this.#reader.f64() };
      case Marker.array:
        return this.#array(size, depth);
      case Marker.object:
        return this.#object(size, depth, offset);
      case Marker.dictionary:
        return this.#dictionary(size, depth, offset);
      default:
        return this.#vector(marker, size, depth);
    }
  }

  #elements(count: number, read: () => AmfValue): AmfValue[] {
    const elements: AmfValue[] = [];
    for (let i = 0; i < count; i++) {
      if (!this.#budget.room(i, this.#reader.offset)) break;
      const value = read();
      if (this.#broken) break;
      elements.push(value);
    }
    return elements;
  }

  #pairs(into: Map<string, AmfValue>, depth: number): void {
    for (let count = 0; ; count++) {
      const key = this.#string();
      if (key === '' || this.#broken || !this.#budget.room(count, this.#reader.offset)) return;
      into.set(key, this.value(depth + 1));
    }
  }

  #array(dense: number, depth: number): AmfValue {
    const associative = new Map<string, AmfValue>();
    this.#pairs(associative, depth);
    const elements = this.#elements(dense, () => this.value(depth + 1));
    if (associative.size === 0) return elements;
    for (const [index, value] of elements.entries()) associative.set(String(index), value);
    return associative;
  }

  #object(flags: number, depth: number, offset: number): AmfValue {
    const traits = this.#readTraits(flags, offset);
    const object = new Map<string, AmfValue>();
    if (traits === undefined) return object;
    for (const name of traits.names) {
      if (this.#broken) return object;
      object.set(name, this.value(depth + 1));
    }
    if (traits.dynamic) this.#pairs(object, depth);
    return object;
  }

  /** Flags: bit 0 traits inline, bit 1 externalizable, bit 2 dynamic, then the number of sealed names (section 3.12). */
  #readTraits(flags: number, offset: number): Traits | undefined {
    if ((flags & 1) === 0) {
      const known = this.#traits[flags >> 1];
      return known ?? this.#budget.fail('amf_reference', 'reference to traits that were not sent', offset);
    }
    if ((flags & 2) !== 0) return this.#budget.fail('amf_externalizable', 'externalizable objects have no public form', offset);
    this.#string(); // class name
    const names: string[] = [];
    const count = flags >> 3;
    for (let i = 0; i < count; i++) {
      if (this.#broken || !this.#budget.room(i, offset)) return undefined;
      names.push(this.#string());
    }
    const traits: Traits = { dynamic: (flags & 4) !== 0, names };
    this.#traits.push(traits);
    return traits;
  }

  #dictionary(count: number, depth: number, offset: number): AmfValue {
    this.#reader.u8(); // weak keys
    const object = new Map<string, AmfValue>();
    for (let i = 0; i < count; i++) {
      if (this.#broken || !this.#budget.room(i, offset)) return object;
      const key = this.value(depth + 1);
      if (typeof key !== 'string' && typeof key !== 'number') {
        return this.#budget.fail('amf_dictionary_key', 'a dictionary key is neither text nor a number', offset);
      }
      object.set(String(key), this.value(depth + 1));
    }
    return object;
  }

  #vector(marker: number, count: number, depth: number): AmfValue {
    this.#reader.u8(); // fixed length
    if (marker === Marker.vectorInt) return this.#elements(count, () => this.#reader.i32());
    if (marker === Marker.vectorUint) return this.#elements(count, () => this.#reader.u32());
    if (marker === Marker.vectorDouble) return this.#elements(count, () => this.#reader.f64());
    this.#string(); // element class
    return this.#elements(count, () => this.value(depth + 1));
  }
}

export const writeAmf3 = (writer: ByteWriter, value: AmfValue, depth = 0): void => {
  invariant(depth <= MAX_AMF_DEPTH, 'AMF value nests too deep to write');
  if (value === undefined) writer.u8(Marker.undefined);
  else if (value === null) writer.u8(Marker.null);
  else if (typeof value === 'boolean') writer.u8(value ? Marker.true : Marker.false);
  else if (typeof value === 'number') writeNumber(writer, value);
  else if (typeof value === 'string') writeText(writer.u8(Marker.string), value);
  else if (value instanceof Uint8Array) {
    writeU29(writer.u8(Marker.byteArray), value.length * 2 + 1);
    writer.bytes(value);
  } else if (isAmfObject(value)) writeObject(writer, value, depth);
  else if (isAmfArray(value)) {
    writeU29(writer.u8(Marker.array), value.length * 2 + 1);
    writeText(writer, '');
    for (const element of value) writeAmf3(writer, element, depth + 1);
  } else writer.u8(Marker.date).u8(1).f64(value.date);
};

const writeNumber = (writer: ByteWriter, value: number): void => {
  const fits = Number.isInteger(value) && value >= MIN_INTEGER && value <= MAX_INTEGER && !Object.is(value, -0);
  if (!fits) writer.u8(Marker.double).f64(value);
  else writeU29(writer.u8(Marker.integer), value < 0 ? value + U29_RANGE : value);
};

const writeText = (writer: ByteWriter, value: string): void => {
  const bytes = utf8Encoder.encode(value);
  writeU29(writer, bytes.length * 2 + 1);
  writer.bytes(bytes);
};

/** A dynamic object without a class. An empty key would end it, so a Map that has one cannot be written. */
const writeObject = (writer: ByteWriter, object: AmfObject, depth: number): void => {
  writer.u8(Marker.object).u8(0x0b);
  writeText(writer, '');
  for (const [key, value] of object) {
    invariant(key !== '', 'AMF3 dynamic properties have a name');
    writeText(writer, key);
    writeAmf3(writer, value, depth + 1);
  }
  writeText(writer, '');
};
