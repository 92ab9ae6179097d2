// Multivariant playlist to text (rfc8216bis §4.4.6). No EXT-X-VERSION: none of its tags needs more than version 1.

import type { AudioRendition, MultivariantPlaylist, Variant } from './multivariant-playlist.ts';

const FRAME_RATE_DECIMALS = 3;

const mediaLine = (rendition: AudioRendition): string => {
  const attributes = ['TYPE=AUDIO', `GROUP-ID="${rendition.groupId}"`, `NAME="${rendition.name}"`];
  if (rendition.language !== undefined) attributes.push(`LANGUAGE="${rendition.language}"`);
  attributes.push(`DEFAULT=${rendition.isDefault ? 'YES' : 'NO'}`, `AUTOSELECT=${rendition.autoselect ? 'YES' : 'NO'}`);
  if (rendition.channels !== undefined) attributes.push(`CHANNELS="${rendition.channels}"`);
  if (rendition.uri !== undefined) attributes.push(`URI="${rendition.uri}"`);
  return `#EXT-X-MEDIA:${attributes.join(',')}`;
};

const variantLine = (variant: Variant): string => {
  const attributes = [`BANDWIDTH=${variant.bandwidth}`];
  if (variant.averageBandwidth !== undefined) attributes.push(`AVERAGE-BANDWIDTH=${variant.averageBandwidth}`);
  if (variant.codecs !== undefined) attributes.push(`CODECS="${variant.codecs}"`);
  if (variant.resolution !== undefined) attributes.push(`RESOLUTION=${variant.resolution.width}x${variant.resolution.height}`);
  if (variant.frameRate !== undefined) attributes.push(`FRAME-RATE=${variant.frameRate.toFixed(FRAME_RATE_DECIMALS)}`);
  if (variant.videoRange !== undefined) attributes.push(`VIDEO-RANGE=${variant.videoRange}`);
  if (variant.stableVariantId !== undefined) attributes.push(`STABLE-VARIANT-ID="${variant.stableVariantId}"`);
  if (variant.audio !== undefined) attributes.push(`AUDIO="${variant.audio}"`);
  return `#EXT-X-STREAM-INF:${attributes.join(',')}`;
};

export const writeMultivariant = (playlist: MultivariantPlaylist): string => {
  const lines = ['#EXTM3U'];
  if (playlist.independentSegments) lines.push('#EXT-X-INDEPENDENT-SEGMENTS');
  for (const rendition of playlist.audio) lines.push(mediaLine(rendition));
  for (const variant of playlist.variants) lines.push(variantLine(variant), variant.uri);
  return `${lines.join('\n')}\n`;
};
