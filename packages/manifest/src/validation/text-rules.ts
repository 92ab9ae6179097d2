// Rules on the text itself (rfc8216bis §4.1, §4.4.1–4.4.3): characters, tags that may appear once, tag order, printed precision.

import { parseAttributeList } from '../attribute-list.ts';
import type { PlaylistLine } from '../playlist-lines.ts';
import { must, should, type Violation } from './violation.ts';

const BYTE_ORDER_MARK = '\ufeff';
// The rule is about control characters, so the expression has to name them (C0 without LF and CR, DEL, C1).
// biome-ignore lint/suspicious/noControlCharactersInRegex: see above
const CONTROL_CHARACTER = /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

export const characterRules = (text: string): readonly Violation[] => {
  const violations: Violation[] = [];
  if (text.startsWith(BYTE_ORDER_MARK)) violations.push(must('no_bom', 'the playlist begins with a byte order mark'));
  if (CONTROL_CHARACTER.test(text)) violations.push(must('no_control_characters', 'the playlist holds a control character'));
  return violations;
};

const ONCE: ReadonlySet<string> = new Set([
  'EXT-X-VERSION',
  'EXT-X-TARGETDURATION',
  'EXT-X-SERVER-CONTROL',
  'EXT-X-PART-INF',
  'EXT-X-MEDIA-SEQUENCE',
  'EXT-X-DISCONTINUITY-SEQUENCE',
  'EXT-X-SKIP',
  'EXT-X-ENDLIST',
  'EXT-X-PLAYLIST-TYPE',
  'EXT-X-INDEPENDENT-SEGMENTS',
  'EXT-X-START',
  'EXT-X-CONTENT-STEERING',
]);

export const singleTagRules = (lines: readonly PlaylistLine[]): readonly Violation[] => {
  const seen = new Set<string>();
  const violations: Violation[] = [];
  for (const line of lines) {
    if (line.kind !== 'tag' || !ONCE.has(line.name)) continue;
    if (seen.has(line.name)) violations.push(must('tag_once', `${line.name} appears more than once`, line.line));
    seen.add(line.name);
  }
  return violations;
};

const SEQUENCE_TAGS: ReadonlySet<string> = new Set(['EXT-X-MEDIA-SEQUENCE', 'EXT-X-DISCONTINUITY-SEQUENCE']);
const SEGMENT_TAGS: ReadonlySet<string> = new Set(['EXTINF', 'EXT-X-PART', 'EXT-X-DISCONTINUITY', 'EXT-X-GAP', 'EXT-X-SKIP']);
const HEAD_TAGS: ReadonlySet<string> = new Set(['EXT-X-DISCONTINUITY', 'EXT-X-MAP', 'EXT-X-PROGRAM-DATE-TIME', 'EXT-X-KEY']);

/** Sequence tags come before the first segment; what applies to a segment comes before its first part; hints follow every part. */
export const orderRules = (lines: readonly PlaylistLine[]): readonly Violation[] => {
  const violations: Violation[] = [];
  let segments = false;
  let parts = false;
  let hints = false;
  for (const line of lines) {
    if (line.kind === 'uri') {
      parts = false;
      continue;
    }
    if (SEQUENCE_TAGS.has(line.name) && segments)
      violations.push(must('sequence_before_segments', `${line.name} follows a segment`, line.line));
    if (HEAD_TAGS.has(line.name) && parts)
      violations.push(must('head_before_parts', `${line.name} follows a part of its segment`, line.line));
    if (line.name === 'EXT-X-PART' && hints) violations.push(must('hint_after_parts', 'a part follows the preload hint', line.line));
    segments ||= SEGMENT_TAGS.has(line.name);
    parts ||= line.name === 'EXT-X-PART';
    hints ||= line.name === 'EXT-X-PRELOAD-HINT';
  }
  return violations;
};

const MIN_DECIMALS = 5;
const decimalsOf = (text: string): number => text.split('.')[1]?.length ?? 0;

const printedDuration = (line: PlaylistLine): string | undefined => {
  if (line.kind !== 'tag' || (line.name !== 'EXT-X-PART' && line.name !== 'EXT-X-PART-INF')) return undefined;
  const attributes = parseAttributeList(line.value);
  return attributes.ok ? attributes.value.get(line.name === 'EXT-X-PART' ? 'DURATION' : 'PART-TARGET')?.text : undefined;
};

/** AVPlayer compares the printed numbers, so DURATION and PART-TARGET need one precision, and enough of it. */
export const precisionRules = (lines: readonly PlaylistLine[]): readonly Violation[] => {
  const violations: Violation[] = [];
  let decimals: number | undefined;
  for (const line of lines) {
    const printed = printedDuration(line);
    if (printed === undefined) continue;
    const count = decimalsOf(printed);
    if (count < MIN_DECIMALS)
      violations.push(should('duration_precision', `${printed} has fewer than ${MIN_DECIMALS} decimals`, line.line));
    decimals ??= count;
    if (count !== decimals)
      violations.push(should('duration_precision', 'DURATION and PART-TARGET are printed with different precision', line.line));
  }
  return violations;
};
