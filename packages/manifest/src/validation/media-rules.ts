// Rules on one media playlist (rfc8216bis §4.4.3–4.4.5, §6.2, §8, appendix B.1): versions, durations, parts, hints, reports, skips.

import { PRINT_EPSILON } from '../decimal.ts';
import type { ParsedMediaPlaylist, Part, Segment } from '../media-playlist.ts';
import {
  HOLD_BACK_TARGETS,
  MIN_PART_HOLD_BACK_PARTS,
  PART_HOLD_BACK_PARTS,
  PART_LISTING_TARGETS,
  SKIP_BOUNDARY_TARGETS,
} from '../server-control.ts';
import { must, should, type Violation, when } from './violation.ts';

type Rule = (playlist: ParsedMediaPlaylist) => readonly Violation[];

/** A part shorter than this share of PART-TARGET needs one of the excuses of §4.4.4.9. */
const MIN_PART_SHARE = 0.85;

const allParts = (playlist: ParsedMediaPlaylist): readonly Part[] => [
  ...playlist.segments.flatMap((segment) => segment.parts),
  ...(playlist.open?.parts ?? []),
];

const isFragmentedMp4 = (uri: string): boolean => /\.(?:m4s|mp4|m4v|m4a|cmfv|cmfa)(?:[?#]|$)/.test(uri);

const versionRule: Rule = (playlist) => {
  const maps = playlist.segments.some((segment) => segment.map !== undefined) || playlist.open?.map !== undefined;
  const fractional = playlist.segments.some((segment) => !Number.isInteger(segment.duration));
  const floor = playlist.skippedSegments !== undefined ? 9 : maps ? 6 : fractional ? 3 : 1;
  // EXTINF with a fraction point needs version 3 however the digits turn out, and EXT-X-GAP came with version 8: neither is too much.
  const ceiling = Math.max(floor, playlist.segments.some((segment) => segment.gap) ? 8 : 3);
  return [
    ...when(playlist.version < floor, () => must('version_floor', `the features need version ${floor}, not ${playlist.version}`)),
    ...when(playlist.version > ceiling, () => should('version_ceiling', `version ${playlist.version} exceeds the needed ${ceiling}`)),
  ];
};

const targetDurationRule: Rule = (playlist) =>
  playlist.segments
    .filter((segment) => Math.round(segment.duration) > playlist.targetDuration)
    .map((segment) => must('extinf_within_target', `${segment.uri} lasts ${segment.duration} s, target ${playlist.targetDuration}`));

const serverControlRule: Rule = ({ serverControl: control, targetDuration, partTarget }) => {
  if (control === undefined) return [];
  const { holdBack, partHoldBack, canSkipUntil } = control;
  const pt = partTarget ?? 0;
  return [
    ...when(holdBack !== undefined && holdBack < HOLD_BACK_TARGETS * targetDuration - PRINT_EPSILON, () =>
      must('hold_back', `HOLD-BACK ${holdBack} is below ${HOLD_BACK_TARGETS} target durations`),
    ),
    ...when(canSkipUntil !== undefined && canSkipUntil < SKIP_BOUNDARY_TARGETS * targetDuration - PRINT_EPSILON, () =>
      must('skip_boundary', `CAN-SKIP-UNTIL ${canSkipUntil} is below ${SKIP_BOUNDARY_TARGETS} target durations`),
    ),
    ...when(partHoldBack !== undefined && partHoldBack < MIN_PART_HOLD_BACK_PARTS * pt - PRINT_EPSILON, () =>
      must('part_hold_back', `PART-HOLD-BACK ${partHoldBack} is below ${MIN_PART_HOLD_BACK_PARTS} part targets`),
    ),
    ...when(partHoldBack !== undefined && partHoldBack < PART_HOLD_BACK_PARTS * pt - PRINT_EPSILON, () =>
      should('part_hold_back', `PART-HOLD-BACK ${partHoldBack} is below ${PART_HOLD_BACK_PARTS} part targets`),
    ),
  ];
};

const partInfRule: Rule = (playlist) => {
  const parts = allParts(playlist).length > 0;
  return [
    ...when(parts && playlist.partTarget === undefined, () => must('part_inf', 'EXT-X-PART without EXT-X-PART-INF')),
    ...when(playlist.partTarget !== undefined && playlist.serverControl?.partHoldBack === undefined, () =>
      must('part_hold_back', 'EXT-X-PART-INF without PART-HOLD-BACK'),
    ),
  ];
};

const partDurations = (parts: readonly Part[], target: number): readonly Violation[] =>
  parts.flatMap((part, index) => {
    const next = parts[index + 1];
    const excused = part.independent || part.gap || next === undefined || next.gap;
    return [
      ...when(part.duration > target, () => must('part_within_target', `${part.uri} lasts ${part.duration} s, part target ${target}`)),
      ...when(!excused && part.duration < MIN_PART_SHARE * target - PRINT_EPSILON, () =>
        must('part_minimum', `${part.uri} lasts ${part.duration} s, less than 85 % of ${target}`),
      ),
    ];
  });

const partDurationRule: Rule = (playlist) => {
  const target = playlist.partTarget;
  if (target === undefined) return [];
  const lists = [...playlist.segments.map((segment) => segment.parts), playlist.open?.parts ?? []];
  return lists.flatMap((parts) => partDurations(parts, target));
};

/** The parts of a complete segment carry the same samples as the segment. */
const partSumRule: Rule = (playlist) =>
  playlist.segments.flatMap((segment) => {
    if (segment.parts.length === 0) return [];
    const sum = segment.parts.reduce((total, part) => total + part.duration, 0);
    const slack = (segment.parts.length + 2) * PRINT_EPSILON;
    return when(Math.abs(sum - segment.duration) > slack, () =>
      must('part_sum', `the parts of ${segment.uri} last ${sum.toFixed(5)} s, the segment ${segment.duration} s`),
    );
  });

const partListingRule: Rule = (playlist) => {
  let afterSegment = (playlist.open?.parts ?? []).reduce((total, part) => total + part.duration, 0);
  const violations: Violation[] = [];
  for (const segment of playlist.segments.toReversed()) {
    if (segment.parts.length > 0 && afterSegment > PART_LISTING_TARGETS * playlist.targetDuration + PRINT_EPSILON)
      violations.push(should('part_listing', `the parts of ${segment.uri} are more than three target durations old`));
    afterSegment += segment.duration;
  }
  return violations;
};

const hintRule: Rule = (playlist) => {
  const types = playlist.preloadHints.map((hint) => hint.type);
  const listed = new Set(allParts(playlist).map((part) => part.uri));
  return [
    ...when(new Set(types).size !== types.length, () => must('hint_once', 'more than one preload hint of one type')),
    ...when(playlist.ended && types.length > 0, () => must('hint_after_end', 'a preload hint in an ended playlist')),
    ...when(!playlist.ended && playlist.partTarget !== undefined && !types.includes('PART'), () =>
      should('hint_missing', 'no preload hint for the next part'),
    ),
    ...playlist.preloadHints
      .filter((hint) => listed.has(hint.uri))
      .map((hint) => must('hint_listed', `the hinted part ${hint.uri} is listed already`)),
  ];
};

const ABSOLUTE_URI = /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i;

const reportRule: Rule = (playlist) => {
  const uris = playlist.renditionReports.map((report) => report.uri);
  return [
    ...when(new Set(uris).size !== uris.length, () => must('report_once', 'two rendition reports for one playlist')),
    ...playlist.renditionReports.flatMap((report) => [
      ...when(ABSOLUTE_URI.test(report.uri), () => must('report_relative', `the rendition report ${report.uri} is not relative`)),
      ...when(report.lastPart === undefined && playlist.partTarget !== undefined, () =>
        must('report_last_part', `the rendition report ${report.uri} has no LAST-PART`),
      ),
    ]),
  ];
};

const skipRule: Rule = (playlist) => {
  const skipped = playlist.skippedSegments;
  if (skipped === undefined) return [];
  return [
    ...when(playlist.serverControl?.canSkipUntil === undefined, () => must('skip_advertised', 'EXT-X-SKIP without CAN-SKIP-UNTIL')),
    ...when(playlist.ended, () => must('skip_ended', 'EXT-X-SKIP in an ended playlist')),
    ...when(skipped === 0, () => should('skip_empty', 'EXT-X-SKIP skips nothing')),
  ];
};

const programDateTimeRule: Rule = (playlist) =>
  when(
    playlist.partTarget !== undefined && ![...playlist.segments, playlist.open].some((head) => head?.programDateTime !== undefined),
    () => should('program_date_time', 'no EXT-X-PROGRAM-DATE-TIME'),
  );

/** A fragmented MP4 segment needs an EXT-X-MAP; in a delta update it may stand with a skipped segment. */
const mapRule: Rule = (playlist) =>
  playlist.skippedSegments !== undefined
    ? []
    : playlist.segments
        .filter((segment) => segment.map === undefined && isFragmentedMp4(segment.uri))
        .map((segment) => must('map_missing', `${segment.uri} has no EXT-X-MAP`));

const duplicates = (uris: readonly string[]): readonly string[] => uris.filter((uri, index) => uris.indexOf(uri) !== index);

const uniqueRule: Rule = (playlist) => {
  const uris = [...playlist.segments.map((segment: Segment) => segment.uri), ...allParts(playlist).map((part) => part.uri)];
  return duplicates(uris).map((uri) => must('uri_unique', `${uri} is listed twice`));
};

const rules: readonly Rule[] = [
  versionRule,
  targetDurationRule,
  serverControlRule,
  partInfRule,
  partDurationRule,
  partSumRule,
  partListingRule,
  hintRule,
  reportRule,
  skipRule,
  programDateTimeRule,
  mapRule,
  uniqueRule,
];

export const mediaRules = (playlist: ParsedMediaPlaylist): readonly Violation[] => rules.flatMap((rule) => rule(playlist));
