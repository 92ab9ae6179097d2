// The timeline journal: one JSON line per fact, appended after the bytes it speaks of are on disk. Read back after a restart.
// A line that does not parse (torn by a crash or a full disk) is skipped: what it said is lost, what stands around it is not.

import type { TrackSummary } from './track-summary.ts';

export type JournalPart = readonly [name: string, duration: number, size: number, flags: number];

export type JournalLine =
  | {
      readonly t: 'begin';
      readonly td: number;
      readonly r: readonly {
        readonly id: string;
        readonly partTargetMs: number;
        readonly bandwidth: number;
        readonly averageBandwidth: number;
        readonly track: TrackSummary;
      }[];
    }
  | { readonly t: 'init'; readonly r: string; readonly i: number; readonly track: TrackSummary }
  /** How many discontinuities had left the playlist when the journal was rewritten. */
  | { readonly t: 'base'; readonly r: string; readonly ds: number }
  | {
      readonly t: 'seg';
      readonly r: string;
      readonly msn: number;
      readonly i: number;
      readonly d: boolean;
      readonly pdt: number | null;
      readonly dur: number;
      readonly gap: boolean;
      readonly parts: readonly JournalPart[];
    }
  /** The process that wrote what follows is another one. */
  | { readonly t: 'restart' }
  | { readonly t: 'end' };

export const PART_INDEPENDENT = 1;
export const PART_GAP = 2;

/** A journal is rewritten when it has this many lines more than it needs. */
export const MAX_STALE_LINES = 4096;
/** Longer journals are not ours; recovery leaves the stream alone. */
export const MAX_JOURNAL_BYTES = 64 * 1024 * 1024;

const encoder = new TextEncoder();

/** Each line begins with a newline of its own, so that it survives whatever a crash left before it. */
export const encodeLine = (line: JournalLine): Uint8Array => encoder.encode(`\n${JSON.stringify(line)}`);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isSeconds = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;
/** What a Date can hold (ECMA-262 §21.4.1.1): a playlist could not print a later one. */
const MAX_DATE_MS = 8.64e15;
const isDate = (value: unknown): value is number => isSeconds(value) && value <= MAX_DATE_MS;

const isTrack = (value: unknown): value is TrackSummary =>
  isRecord(value) &&
  (value['kind'] === 'video' || value['kind'] === 'audio') &&
  typeof value['codecs'] === 'string' &&
  isCount(value['timescale']) &&
  value['timescale'] > 0;

const isPart = (value: unknown): value is JournalPart =>
  Array.isArray(value) && typeof value[0] === 'string' && isSeconds(value[1]) && isCount(value[2]) && isCount(value[3]);

const isPlan = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['id'] === 'string' &&
  isSeconds(value['partTargetMs']) &&
  isSeconds(value['bandwidth']) &&
  isSeconds(value['averageBandwidth']) &&
  isTrack(value['track']);

const isSegment = (line: Readonly<Record<string, unknown>>): boolean =>
  typeof line['r'] === 'string' &&
  isCount(line['msn']) &&
  isCount(line['i']) &&
  typeof line['d'] === 'boolean' &&
  (line['pdt'] === null || isDate(line['pdt'])) &&
  isSeconds(line['dur']) &&
  typeof line['gap'] === 'boolean' &&
  Array.isArray(line['parts']) &&
  line['parts'].every(isPart);

const checks: Readonly<Record<JournalLine['t'], (line: Readonly<Record<string, unknown>>) => boolean>> = {
  begin: (line) => isCount(line['td']) && line['td'] > 0 && Array.isArray(line['r']) && line['r'].every(isPlan),
  init: (line) => typeof line['r'] === 'string' && isCount(line['i']) && isTrack(line['track']),
  base: (line) => typeof line['r'] === 'string' && isCount(line['ds']),
  seg: isSegment,
  restart: () => true,
  end: () => true,
};

const isJournalLine = (value: unknown): value is JournalLine => {
  if (!isRecord(value) || typeof value['t'] !== 'string' || !Object.hasOwn(checks, value['t'])) return false;
  const check: ((line: Readonly<Record<string, unknown>>) => boolean) | undefined = Object.entries(checks).find(
    ([t]) => t === value['t'],
  )?.[1];
  return check?.(value) === true;
};

const parseLine = (text: string): JournalLine | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isJournalLine(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

export const parseJournal = (bytes: Uint8Array): readonly JournalLine[] => {
  if (bytes.length > MAX_JOURNAL_BYTES) return [];
  const lines: JournalLine[] = [];
  for (const row of new TextDecoder().decode(bytes).split('\n')) {
    const line = row === '' ? undefined : parseLine(row);
    if (line !== undefined) lines.push(line);
  }
  return lines;
};
