// Bounded box walking over bytes (ISO/IEC 14496-12 clause 4.2), for tests, tools and players' diagnostics.
// A box that claims more bytes than its parent has is an error value; depth and count are limited.
// Leaves out `uuid` extended types: they are boxes of unknown type here.

import { ByteReader, ok, type Result, type WireError, wireError } from '@headend/core';

/** Boxes of one parent, a few hundred more than any live file has. */
export const MAX_BOXES_PER_LEVEL = 4096;

export type Box = {
  readonly type: string;
  /** Offset of the box header in the parsed bytes. */
  readonly start: number;
  /** Offset of the body, behind size and type. */
  readonly bodyStart: number;
  readonly end: number;
};

const printable = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** Total size as the header declares it; size 0 means "to the end of the parent". */
const declaredSize = (reader: ByteReader, size32: number, start: number, parentEnd: number): number => {
  if (size32 === 0) return parentEnd - start;
  return size32 === 1 ? reader.u64() : size32;
};

/** The boxes directly inside `bytes[start, end)`. */
export const readBoxes = (bytes: Uint8Array, start = 0, end: number = bytes.length): Result<readonly Box[], WireError> => {
  const boxes: Box[] = [];
  let at = start;
  while (at < end) {
    if (boxes.length === MAX_BOXES_PER_LEVEL) return wireError('mp4_too_many_boxes', `more than ${MAX_BOXES_PER_LEVEL} boxes`, at);
    const reader = new ByteReader(bytes, at, end);
    const size32 = reader.u32();
    const type = printable(reader.bytes(4));
    const size = declaredSize(reader, size32, at, end);
    if (reader.overrun || size < reader.offset - at || size > end - at) {
      return wireError('mp4_box_size', `box ${JSON.stringify(type)} of ${size} bytes does not fit its parent`, at);
    }
    boxes.push({ type, start: at, bodyStart: reader.offset, end: at + size });
    at += size;
  }
  return ok(boxes);
};

export const findBox = (boxes: readonly Box[], type: string): Box | undefined => boxes.find((candidate) => candidate.type === type);

export const bodyReader = (bytes: Uint8Array, box: Box): ByteReader => new ByteReader(bytes, box.bodyStart, box.end);

/** Follows a path of first children, for example moov → mvex; a missing step is an error. */
export const descend = (bytes: Uint8Array, from: Box, ...path: readonly string[]): Result<Box, WireError> => {
  let current = from;
  for (const type of path) {
    const children = readBoxes(bytes, current.bodyStart, current.end);
    if (!children.ok) return children;
    const next = findBox(children.value, type);
    if (next === undefined) return wireError('mp4_box_missing', `${current.type} has no ${type}`, current.start);
    current = next;
  }
  return ok(current);
};
