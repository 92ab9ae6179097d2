// Text to media playlist (rfc8216bis §4.4.3–4.4.5), for tests and tools. Unknown tags and attributes are ignored, tags with an unknown
// REQ- attribute are dropped. It reads what a client must read; whether the text keeps the rules is the validator's question.

import { err, ok, type Result, type WallMs, type WireError, wallMs, wireError } from '@headend/core';
import {
  type AttributeList,
  enumerated,
  floatAttribute,
  hasUnknownRequirement,
  integerAttribute,
  parseAttributeList,
  parseDecimalFloat,
  parseDecimalInteger,
  quotedString,
} from './attribute-list.ts';
import type { OpenSegment, ParsedMediaPlaylist, Part, PreloadHint, RenditionReport, Segment, ServerControl } from './media-playlist.ts';
import { type PlaylistLine, splitPlaylist } from './playlist-lines.ts';

type Builder = {
  version: number;
  targetDuration: number | undefined;
  partTarget: number | undefined;
  serverControl: ServerControl | undefined;
  mediaSequence: number;
  discontinuitySequence: number;
  skippedSegments: number | undefined;
  segments: Segment[];
  preloadHints: PreloadHint[];
  renditionReports: RenditionReport[];
  ended: boolean;
  /** The segment being collected. */
  discontinuity: boolean;
  map: string | undefined;
  programDateTime: WallMs | undefined;
  parts: Part[];
  gap: boolean;
  duration: number | undefined;
  /** Something of a segment was seen since the last URI line. */
  pending: boolean;
};

type Problem = string | undefined;
type TagReader = (playlist: Builder, value: string) => Problem;
type AttributeReader = (playlist: Builder, attributes: AttributeList) => Problem;

const withAttributes =
  (read: AttributeReader): TagReader =>
  (playlist, value) => {
    const attributes = parseAttributeList(value);
    if (!attributes.ok) return attributes.error;
    return hasUnknownRequirement(attributes.value) ? undefined : read(playlist, attributes.value);
  };

const withInteger =
  (store: (playlist: Builder, value: number) => void): TagReader =>
  (playlist, text) => {
    const value = parseDecimalInteger(text);
    if (value === undefined) return 'not a decimal integer';
    store(playlist, value);
    return undefined;
  };

const readServerControl: AttributeReader = (playlist, attributes) => {
  playlist.serverControl = {
    canBlockReload: enumerated(attributes, 'CAN-BLOCK-RELOAD') === 'YES',
    holdBack: floatAttribute(attributes, 'HOLD-BACK'),
    partHoldBack: floatAttribute(attributes, 'PART-HOLD-BACK'),
    canSkipUntil: floatAttribute(attributes, 'CAN-SKIP-UNTIL'),
  };
  return undefined;
};

const readPart: AttributeReader = (playlist, attributes) => {
  const uri = quotedString(attributes, 'URI');
  const duration = floatAttribute(attributes, 'DURATION');
  if (uri === undefined || duration === undefined) return 'EXT-X-PART needs URI and DURATION';
  const independent = enumerated(attributes, 'INDEPENDENT') === 'YES';
  playlist.parts.push({ uri, duration, independent, gap: enumerated(attributes, 'GAP') === 'YES' });
  playlist.pending = true;
  return undefined;
};

const readPreloadHint: AttributeReader = (playlist, attributes) => {
  const type = enumerated(attributes, 'TYPE');
  const uri = quotedString(attributes, 'URI');
  if (type === undefined || uri === undefined) return 'EXT-X-PRELOAD-HINT needs TYPE and URI';
  if (type === 'PART' || type === 'MAP') playlist.preloadHints.push({ type, uri });
  return undefined;
};

const readRenditionReport: AttributeReader = (playlist, attributes) => {
  const uri = quotedString(attributes, 'URI');
  const lastMsn = integerAttribute(attributes, 'LAST-MSN');
  if (uri === undefined || lastMsn === undefined) return 'EXT-X-RENDITION-REPORT needs URI and LAST-MSN';
  playlist.renditionReports.push({ uri, lastMsn, lastPart: integerAttribute(attributes, 'LAST-PART') });
  return undefined;
};

const readProgramDateTime: TagReader = (playlist, value) => {
  const time = Date.parse(value);
  if (!Number.isFinite(time)) return 'not an ISO 8601 date';
  playlist.programDateTime = wallMs(time);
  playlist.pending = true;
  return undefined;
};

const readExtinf: TagReader = (playlist, value) => {
  const comma = value.indexOf(',');
  playlist.duration = parseDecimalFloat(comma < 0 ? value : value.slice(0, comma));
  playlist.pending = true;
  return playlist.duration === undefined ? 'EXTINF has no duration' : undefined;
};

const readers: Readonly<Record<string, TagReader>> = {
  'EXT-X-VERSION': withInteger((playlist, value) => {
    playlist.version = value;
  }),
  'EXT-X-TARGETDURATION': withInteger((playlist, value) => {
    playlist.targetDuration = value;
  }),
  'EXT-X-MEDIA-SEQUENCE': withInteger((playlist, value) => {
    playlist.mediaSequence = value;
  }),
  'EXT-X-DISCONTINUITY-SEQUENCE': withInteger((playlist, value) => {
    playlist.discontinuitySequence = value;
  }),
  'EXT-X-SERVER-CONTROL': withAttributes(readServerControl),
  'EXT-X-PART-INF': withAttributes((playlist, attributes) => {
    playlist.partTarget = floatAttribute(attributes, 'PART-TARGET');
    return playlist.partTarget === undefined ? 'EXT-X-PART-INF needs PART-TARGET' : undefined;
  }),
  'EXT-X-SKIP': withAttributes((playlist, attributes) => {
    playlist.skippedSegments = integerAttribute(attributes, 'SKIPPED-SEGMENTS');
    return playlist.skippedSegments === undefined ? 'EXT-X-SKIP needs SKIPPED-SEGMENTS' : undefined;
  }),
  'EXT-X-MAP': withAttributes((playlist, attributes) => {
    playlist.map = quotedString(attributes, 'URI');
    return playlist.map === undefined ? 'EXT-X-MAP needs URI' : undefined;
  }),
  'EXT-X-DISCONTINUITY': (playlist) => {
    playlist.discontinuity = true;
    playlist.pending = true;
    return undefined;
  },
  'EXT-X-GAP': (playlist) => {
    playlist.gap = true;
    playlist.pending = true;
    return undefined;
  },
  'EXT-X-PROGRAM-DATE-TIME': readProgramDateTime,
  'EXT-X-PART': withAttributes(readPart),
  EXTINF: readExtinf,
  'EXT-X-PRELOAD-HINT': withAttributes(readPreloadHint),
  'EXT-X-RENDITION-REPORT': withAttributes(readRenditionReport),
  'EXT-X-ENDLIST': (playlist) => {
    playlist.ended = true;
    return undefined;
  },
};

const closeSegment = (playlist: Builder, uri: string): Problem => {
  const { discontinuity, map, programDateTime, parts, gap, duration } = playlist;
  if (duration === undefined) return 'a segment URI without EXTINF';
  playlist.segments.push({ uri, duration, discontinuity, map, programDateTime, gap, parts });
  resetSegment(playlist);
  return undefined;
};

const resetSegment = (playlist: Builder): void => {
  playlist.discontinuity = false;
  playlist.programDateTime = undefined;
  playlist.parts = [];
  playlist.gap = false;
  playlist.duration = undefined;
  playlist.pending = false;
};

const readLine = (playlist: Builder, line: PlaylistLine): Problem => {
  if (line.kind === 'uri') return closeSegment(playlist, line.uri);
  const reader = Object.hasOwn(readers, line.name) ? readers[line.name] : undefined;
  return reader?.(playlist, line.value);
};

const finish = (playlist: Builder): Result<ParsedMediaPlaylist, WireError> => {
  const { discontinuity, map, programDateTime, parts, gap: _gap, duration, pending, targetDuration, ...rest } = playlist;
  if (targetDuration === undefined) return wireError('playlist_target_duration', 'EXT-X-TARGETDURATION is missing');
  if (duration !== undefined) return wireError('playlist_truncated', 'EXTINF without a URI');
  const open: OpenSegment | undefined = pending ? { discontinuity, map, programDateTime, parts } : undefined;
  return ok({ ...rest, targetDuration, open });
};

const emptyBuilder = (): Builder => ({
  version: 1,
  targetDuration: undefined,
  partTarget: undefined,
  serverControl: undefined,
  mediaSequence: 0,
  discontinuitySequence: 0,
  skippedSegments: undefined,
  segments: [],
  preloadHints: [],
  renditionReports: [],
  ended: false,
  discontinuity: false,
  map: undefined,
  programDateTime: undefined,
  parts: [],
  gap: false,
  duration: undefined,
  pending: false,
});

/** Error codes: playlist_header, playlist_too_long, playlist_tag, playlist_target_duration, playlist_truncated; offset is the line number. */
export const parseMediaPlaylist = (text: string): Result<ParsedMediaPlaylist, WireError> => {
  const lines = splitPlaylist(text);
  if (!lines.ok) return err(lines.error);
  const playlist = emptyBuilder();
  for (const line of lines.value) {
    const problem = readLine(playlist, line);
    if (problem !== undefined) return wireError('playlist_tag', problem, line.line);
  }
  return finish(playlist);
};
