// Delivery directives (rfc8216bis §6.2.5): `_HLS_msn`, `_HLS_part`, `_HLS_skip`, and what to do about them, as pure functions.
// Directives of other features (`_HLS_pathway`, …) are ignored here.

import { err, ok, type Result, type WireError, wireError } from '@headend/core';

export type DeliveryDirectives = {
  readonly msn: number | undefined;
  readonly part: number | undefined;
  /** `v2` counts as YES: without date ranges the two ask for the same reply. */
  readonly skip: boolean;
};

export const noDirectives: DeliveryDirectives = { msn: undefined, part: undefined, skip: false };

/** Longer query strings are refused unread. */
export const MAX_QUERY_CHARACTERS = 2048;

const NON_NEGATIVE_INTEGER = /^\d{1,15}$/;

const single = (query: URLSearchParams, name: string): Result<string | undefined, WireError> => {
  const values = query.getAll(name);
  return values.length > 1 ? wireError('directive_repeated', `${name} appears more than once`) : ok(values[0]);
};

const integer = (query: URLSearchParams, name: string): Result<number | undefined, WireError> => {
  const text = single(query, name);
  if (!text.ok) return err(text.error);
  if (text.value === undefined) return ok(undefined);
  if (!NON_NEGATIVE_INTEGER.test(text.value)) return wireError('directive_not_integer', `${name} is not a non-negative integer`);
  return ok(Number(text.value));
};

/** Error codes: directive_not_integer, directive_repeated, directive_part_without_msn, directive_too_long. */
export const parseDeliveryDirectives = (query: string): Result<DeliveryDirectives, WireError> => {
  if (query.length > MAX_QUERY_CHARACTERS) return wireError('directive_too_long', `the query exceeds ${MAX_QUERY_CHARACTERS} characters`);
  const parameters = new URLSearchParams(query);
  const msn = integer(parameters, '_HLS_msn');
  if (!msn.ok) return err(msn.error);
  const part = integer(parameters, '_HLS_part');
  if (!part.ok) return err(part.error);
  if (part.value !== undefined && msn.value === undefined) return wireError('directive_part_without_msn', '_HLS_part needs _HLS_msn');
  const skip = parameters.get('_HLS_skip');
  return ok({ msn: msn.value, part: part.value, skip: skip === 'YES' || skip === 'v2' });
};

/** Where a media playlist ends. */
export type PlaylistEdge = {
  /** MSN of the last complete segment, −1 when there is none. */
  readonly lastMsn: number;
  /** How many parts the last complete segment had. */
  readonly lastSegmentParts: number;
  /** Parts published of the segment after it. */
  readonly openParts: number;
  readonly ended: boolean;
  /** Seconds. */
  readonly partTarget: number;
  readonly targetDuration: number;
};

export type DirectiveDecision = 'ready' | 'wait' | 'bad-request';

/** PART-TARGET is printed rounded up, so three seconds of 0.33334 s parts are nine, not eight. */
const wholeParts = (seconds: number, partTarget: number): number => Math.ceil(seconds / partTarget - 1e-6);

/**
 * How far beyond the last part a request may point. The draft's Advance Part Limit is three parts, or three seconds' worth. hls.js outside
 * low-latency mode asks for the LAST part of the segment that has just begun, so a whole segment's parts are allowed as well.
 */
export const advancePartLimit = (partTarget: number, targetDuration: number): number =>
  Math.max(partTarget < 1 ? wholeParts(3, partTarget) : 3, wholeParts(targetDuration, partTarget));

/** Part N of segment M; a closed segment with fewer parts means part 0 of the next one. */
const partExists = (edge: PlaylistEdge, msn: number, part: number): boolean => {
  if (msn < edge.lastMsn) return true;
  if (msn === edge.lastMsn) return part < edge.lastSegmentParts || edge.openParts > 0;
  return msn === edge.lastMsn + 1 && part < edge.openParts;
};

/** How many parts past the last published one the request points; parts of the open segment that are still to come count as none. */
const partsAhead = (edge: PlaylistEdge, msn: number, part: number): number => {
  if (msn === edge.lastMsn) return part - (edge.lastSegmentParts - 1);
  if (msn === edge.lastMsn + 1) return part - (edge.openParts - 1);
  return part + 1;
};

/** @returns 'ready' also for segments that have left the window: the answer is always the whole current playlist. */
export const decideDelivery = (edge: PlaylistEdge, directives: DeliveryDirectives): DirectiveDecision => {
  const { msn, part } = directives;
  if (edge.ended || msn === undefined) return 'ready';
  if (msn > edge.lastMsn + 2) return 'bad-request';
  if (part === undefined) return msn <= edge.lastMsn ? 'ready' : 'wait';
  const limit = advancePartLimit(edge.partTarget, edge.targetDuration);
  if (msn >= edge.lastMsn && partsAhead(edge, msn, part) > limit) return 'bad-request';
  return partExists(edge, msn, part) ? 'ready' : 'wait';
};
