// AMF values as plain data, shared by AMF0 and AMF3. Objects are Maps, so that a key such as `__proto__` is only a key.
// Class names of typed objects and time zones of dates are not kept: no publisher gives them a meaning.

export type AmfDate = { readonly date: number };

export type AmfValue = undefined | null | boolean | number | string | AmfDate | Uint8Array | readonly AmfValue[] | AmfObject;

/** AMF0 object, ECMA array and typed object; AMF3 object and associative array. */
export type AmfObject = ReadonlyMap<string, AmfValue>;

export const isAmfObject = (value: AmfValue): value is AmfObject => value instanceof Map;

export const isAmfArray = (value: AmfValue): value is readonly AmfValue[] => Array.isArray(value);

/** Properties in the order of the literal. */
export const amfObject = (properties: Readonly<Record<string, AmfValue>>): AmfObject => new Map(Object.entries(properties));

/** The property as a string, or undefined when it is absent or of another type. */
export const stringProperty = (object: AmfObject, key: string): string | undefined => {
  const value = object.get(key);
  return typeof value === 'string' ? value : undefined;
};

/** The property as a finite number, or undefined. */
export const numberProperty = (object: AmfObject, key: string): number | undefined => {
  const value = object.get(key);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
};
