// Attribute lists (rfc8216bis §4.2): NAME=value pairs separated by commas, each name once; quoted strings hold no quote, CR or LF.

import { err, ok, type Result } from '@headend/core';

/** A tag with more attributes than this is not a playlist's; the bound keeps hostile input cheap. */
const MAX_ATTRIBUTES = 64;

export type AttributeValue = { readonly text: string; readonly quoted: boolean };
export type AttributeList = ReadonlyMap<string, AttributeValue>;

const PAIR = /([A-Z0-9-]+)=(?:"([^"\r\n]*)"|([^",\s]+))(,|$)/y;

export const parseAttributeList = (text: string): Result<AttributeList, string> => {
  const attributes = new Map<string, AttributeValue>();
  PAIR.lastIndex = 0;
  let at = 0;
  while (at < text.length) {
    PAIR.lastIndex = at;
    const match = PAIR.exec(text);
    if (match === null) return err(`malformed attribute list at column ${at + 1}`);
    const [whole, name = '', quoted, bare = '', separator] = match;
    if (attributes.has(name)) return err(`attribute ${name} appears twice`);
    if (attributes.size >= MAX_ATTRIBUTES) return err('too many attributes');
    attributes.set(name, { text: quoted ?? bare, quoted: quoted !== undefined });
    at += whole.length;
    if (separator === ',' && at === text.length) return err('attribute list ends with a comma');
  }
  return ok(attributes);
};

export const quotedString = (attributes: AttributeList, name: string): string | undefined => {
  const value = attributes.get(name);
  return value?.quoted === true ? value.text : undefined;
};

export const enumerated = (attributes: AttributeList, name: string): string | undefined => {
  const value = attributes.get(name);
  return value?.quoted === false ? value.text : undefined;
};

const DECIMAL_INTEGER = /^\d{1,20}$/;
const DECIMAL_FLOAT = /^\d{1,15}(?:\.\d{1,20})?$/;

/** decimal-integer, as far as a number holds it exactly. */
export const parseDecimalInteger = (text: string | undefined): number | undefined => {
  if (text === undefined || !DECIMAL_INTEGER.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
};

export const parseDecimalFloat = (text: string | undefined): number | undefined =>
  text !== undefined && DECIMAL_FLOAT.test(text) ? Number(text) : undefined;

export const integerAttribute = (attributes: AttributeList, name: string): number | undefined =>
  parseDecimalInteger(enumerated(attributes, name));

export const floatAttribute = (attributes: AttributeList, name: string): number | undefined =>
  parseDecimalFloat(enumerated(attributes, name));

/** decimal-resolution: WIDTHxHEIGHT. */
export const resolutionAttribute = (attributes: AttributeList, name: string): { width: number; height: number } | undefined => {
  const match = /^(\d{1,6})x(\d{1,6})$/.exec(enumerated(attributes, name) ?? '');
  return match === null ? undefined : { width: Number(match[1]), height: Number(match[2]) };
};

/** A client must ignore the whole tag when it does not know an attribute that begins with `REQ-`. */
export const hasUnknownRequirement = (attributes: AttributeList): boolean =>
  [...attributes.keys()].some((name) => name.startsWith('REQ-') && name !== 'REQ-VIDEO-LAYOUT');
