// Text to multivariant playlist (rfc8216bis §4.4.6), for tests and tools. A tag with an unknown REQ- attribute goes, its URI line too.

import { err, ok, type Result, type WireError, wireError } from '@headend/core';
import {
  type AttributeList,
  enumerated,
  floatAttribute,
  hasUnknownRequirement,
  integerAttribute,
  parseAttributeList,
  parseDecimalInteger,
  quotedString,
  resolutionAttribute,
} from './attribute-list.ts';
import type { AudioRendition, MultivariantPlaylist, Variant } from './multivariant-playlist.ts';
import { splitPlaylist } from './playlist-lines.ts';

type VariantHead = Omit<Variant, 'uri'>;

const videoRange = (text: string | undefined): Variant['videoRange'] =>
  text === 'SDR' || text === 'HLG' || text === 'PQ' ? text : undefined;

const readVariant = (attributes: AttributeList): Result<VariantHead, string> => {
  const bandwidth = integerAttribute(attributes, 'BANDWIDTH');
  if (bandwidth === undefined) return err('EXT-X-STREAM-INF needs BANDWIDTH');
  return ok({
    bandwidth,
    averageBandwidth: integerAttribute(attributes, 'AVERAGE-BANDWIDTH'),
    codecs: quotedString(attributes, 'CODECS'),
    resolution: resolutionAttribute(attributes, 'RESOLUTION'),
    frameRate: floatAttribute(attributes, 'FRAME-RATE'),
    videoRange: videoRange(enumerated(attributes, 'VIDEO-RANGE')),
    audio: quotedString(attributes, 'AUDIO'),
    stableVariantId: quotedString(attributes, 'STABLE-VARIANT-ID'),
  });
};

/** CHANNELS is a slash-separated list whose first part counts the channels. */
const channelCount = (text: string | undefined): number | undefined => parseDecimalInteger(text?.split('/')[0]);

const readAudio = (attributes: AttributeList): Result<AudioRendition | undefined, string> => {
  if (enumerated(attributes, 'TYPE') !== 'AUDIO') return ok(undefined);
  const groupId = quotedString(attributes, 'GROUP-ID');
  const name = quotedString(attributes, 'NAME');
  if (groupId === undefined || name === undefined) return err('EXT-X-MEDIA needs GROUP-ID and NAME');
  return ok({
    groupId,
    name,
    uri: quotedString(attributes, 'URI'),
    isDefault: enumerated(attributes, 'DEFAULT') === 'YES',
    autoselect: enumerated(attributes, 'AUTOSELECT') === 'YES',
    language: quotedString(attributes, 'LANGUAGE'),
    channels: channelCount(quotedString(attributes, 'CHANNELS')),
  });
};

/** Error codes: playlist_header, playlist_too_long, playlist_tag, playlist_truncated; offset is the line number. */
export const parseMultivariant = (text: string): Result<MultivariantPlaylist, WireError> => {
  const lines = splitPlaylist(text);
  if (!lines.ok) return err(lines.error);
  const audio: AudioRendition[] = [];
  const variants: Variant[] = [];
  let independentSegments = false;
  let head: VariantHead | 'dropped' | undefined;
  for (const line of lines.value) {
    if (line.kind === 'uri') {
      if (head === undefined) return wireError('playlist_tag', 'a URI without EXT-X-STREAM-INF', line.line);
      if (head !== 'dropped') variants.push({ uri: line.uri, ...head });
      head = undefined;
      continue;
    }
    if (line.name === 'EXT-X-INDEPENDENT-SEGMENTS') independentSegments = true;
    if (line.name !== 'EXT-X-STREAM-INF' && line.name !== 'EXT-X-MEDIA') continue;
    const attributes = parseAttributeList(line.value);
    if (!attributes.ok) return wireError('playlist_tag', attributes.error, line.line);
    const dropped = hasUnknownRequirement(attributes.value);
    if (line.name === 'EXT-X-STREAM-INF') {
      const variant = readVariant(attributes.value);
      if (!variant.ok) return wireError('playlist_tag', variant.error, line.line);
      head = dropped ? 'dropped' : variant.value;
    } else if (!dropped) {
      const rendition = readAudio(attributes.value);
      if (!rendition.ok) return wireError('playlist_tag', rendition.error, line.line);
      if (rendition.value !== undefined) audio.push(rendition.value);
    }
  }
  if (head !== undefined) return wireError('playlist_truncated', 'EXT-X-STREAM-INF without a URI');
  return ok({ independentSegments, audio, variants });
};
