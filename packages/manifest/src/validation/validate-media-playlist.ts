// The media playlist validator: every rule on one text, and with an earlier text of the same playlist the rules between the two.

import { parseAttributeList } from '../attribute-list.ts';
import type { ParsedMediaPlaylist } from '../media-playlist.ts';
import { parseMediaPlaylist } from '../parse-media-playlist.ts';
import { type PlaylistLine, splitPlaylist } from '../playlist-lines.ts';
import { historyRules } from './history-rules.ts';
import { mediaRules } from './media-rules.ts';
import { characterRules, orderRules, precisionRules, singleTagRules } from './text-rules.ts';
import { must, type Violation, when } from './violation.ts';

export type ValidateMediaPlaylistOptions = {
  /** The text of an earlier fetch of the same playlist. */
  readonly previous?: string;
};

/** Rules on tags that the model does not carry. */
const tagRules = (lines: readonly PlaylistLine[], playlist: ParsedMediaPlaylist): readonly Violation[] =>
  lines.flatMap((line) => {
    if (line.kind !== 'tag') return [];
    if (line.name === 'EXT-X-PLAYLIST-TYPE')
      return when(!playlist.ended, () => must('playlist_type', 'a sliding live playlist has no EXT-X-PLAYLIST-TYPE', line.line));
    if (line.name !== 'EXT-X-SERVER-CONTROL') return [];
    const attributes = parseAttributeList(line.value);
    const orphan = attributes.ok && attributes.value.has('CAN-SKIP-DATERANGES') && !attributes.value.has('CAN-SKIP-UNTIL');
    return when(orphan, () => must('skip_dateranges', 'CAN-SKIP-DATERANGES without CAN-SKIP-UNTIL', line.line));
  });

export const validateMediaPlaylist = (text: string, options: ValidateMediaPlaylistOptions = {}): readonly Violation[] => {
  const characters = characterRules(text);
  const lines = splitPlaylist(text);
  const playlist = parseMediaPlaylist(text);
  if (!lines.ok) return [...characters, must('parse', lines.error.message, lines.error.offset)];
  if (!playlist.ok) return [...characters, must('parse', playlist.error.message, playlist.error.offset)];
  const previous = options.previous === undefined ? undefined : parseMediaPlaylist(options.previous);
  return [
    ...characters,
    ...singleTagRules(lines.value),
    ...orderRules(lines.value),
    ...precisionRules(lines.value),
    ...tagRules(lines.value, playlist.value),
    ...mediaRules(playlist.value),
    ...(previous?.ok === true ? historyRules(previous.value, playlist.value) : []),
  ];
};
