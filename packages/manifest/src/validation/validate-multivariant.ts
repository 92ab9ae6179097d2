// The multivariant playlist validator (rfc8216bis §4.4.6, authoring rules of the low-latency profile).

import type { AudioRendition, MultivariantPlaylist } from '../multivariant-playlist.ts';
import { parseMultivariant } from '../parse-multivariant.ts';
import { splitPlaylist } from '../playlist-lines.ts';
import { characterRules, singleTagRules } from './text-rules.ts';
import { must, should, type Violation, when } from './violation.ts';

const STABLE_ID = /^[A-Za-z0-9+/=._-]+$/;
const VIDEO_CODEC = /(?:^|,)\s*(?:avc|hvc|hev|av01|vp0)/;
const groupsOf = (audio: readonly AudioRendition[]): ReadonlyMap<string, readonly AudioRendition[]> =>
  Map.groupBy(audio, (rendition) => rendition.groupId);

const groupRules = (playlist: MultivariantPlaylist): readonly Violation[] => {
  const groups = groupsOf(playlist.audio);
  const members = [...groups.values()].map((group) =>
    group
      .map((rendition) => rendition.name)
      .toSorted()
      .join('\n'),
  );
  return [
    ...when(new Set(members).size > 1, () => must('group_members', 'the audio groups differ in their members')),
    ...[...groups].flatMap(([id, group]) => [
      ...when(new Set(group.map((rendition) => rendition.name)).size !== group.length, () =>
        must('group_names', `two renditions of ${id} share a name`),
      ),
      ...when(group.filter((rendition) => rendition.isDefault).length > 1, () => must('group_default', `${id} has two defaults`)),
      ...when(!playlist.variants.some((variant) => variant.audio === id), () => should('group_unused', `no variant uses ${id}`)),
    ]),
    ...playlist.audio.flatMap((rendition) => [
      ...when(rendition.isDefault && !rendition.autoselect, () =>
        must('default_autoselect', `${rendition.name}: DEFAULT without AUTOSELECT`),
      ),
      ...when(rendition.channels === undefined, () => should('channels', `${rendition.name} has no CHANNELS`)),
    ]),
  ];
};

const variantRules = (playlist: MultivariantPlaylist): readonly Violation[] => {
  const groups = groupsOf(playlist.audio);
  return playlist.variants.flatMap((variant) => {
    const { uri, bandwidth, averageBandwidth, codecs, audio, stableVariantId } = variant;
    const video = codecs !== undefined && VIDEO_CODEC.test(codecs);
    return [
      ...when(bandwidth <= 0, () => must('bandwidth', `${uri} has no bandwidth`)),
      ...when((averageBandwidth ?? 0) > bandwidth, () => should('average_bandwidth', `${uri}: AVERAGE-BANDWIDTH exceeds BANDWIDTH`)),
      ...when(codecs === undefined || codecs === '', () => should('codecs', `${uri} has no CODECS`)),
      ...when(video && variant.resolution === undefined, () => should('resolution', `${uri} has video and no RESOLUTION`)),
      ...when(audio !== undefined && !groups.has(audio), () => must('group_unknown', `${uri} names the unknown group ${audio}`)),
      ...when(stableVariantId !== undefined && !STABLE_ID.test(stableVariantId), () =>
        must('stable_variant_id', `${uri}: STABLE-VARIANT-ID has characters that are not allowed`),
      ),
    ];
  });
};

export const validateMultivariant = (text: string): readonly Violation[] => {
  const characters = characterRules(text);
  const lines = splitPlaylist(text);
  const playlist = parseMultivariant(text);
  if (!lines.ok) return [...characters, must('parse', lines.error.message, lines.error.offset)];
  if (!playlist.ok) return [...characters, must('parse', playlist.error.message, playlist.error.offset)];
  const media = lines.value.find((line) => line.kind === 'tag' && (line.name === 'EXTINF' || line.name === 'EXT-X-TARGETDURATION'));
  return [
    ...characters,
    ...singleTagRules(lines.value),
    ...when(media !== undefined, () => must('mixed_playlist', 'media playlist tags in a multivariant playlist', media?.line)),
    ...when(playlist.value.variants.length === 0, () => must('variants', 'no variant')),
    ...variantRules(playlist.value),
    ...groupRules(playlist.value),
  ];
};
