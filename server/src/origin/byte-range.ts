// Range requests (RFC 9110 §14): one range. Several at once are answered with the whole, as the RFC allows. Pure.

import type { ByteSpan } from './ports.ts';

const SINGLE_RANGE = /^bytes=(\d{0,16})-(\d{0,16})$/;

/** undefined: send everything. */
export type RangeDecision = ByteSpan | 'unsatisfiable' | undefined;

export const decideRange = (header: string | undefined, size: number): RangeDecision => {
  const [, first, last] = SINGLE_RANGE.exec(header?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first === '') {
    const suffix = Math.min(Number(last), size);
    return suffix === 0 ? 'unsatisfiable' : { start: size - suffix, end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) };
};

/** The chunks' bytes within the span, as views. */
export const sliceChunks = (chunks: readonly Uint8Array[], span: ByteSpan): readonly Uint8Array[] => {
  const slices: Uint8Array[] = [];
  let at = 0;
  for (const chunk of chunks) {
    const start = Math.max(span.start - at, 0);
    const end = Math.min(span.end - at, chunk.length);
    if (start < end) slices.push(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end));
    at += chunk.length;
  }
  return slices;
};
