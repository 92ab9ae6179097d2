// Splits a playlist into tags and URI lines (rfc8216bis §4.1): shared by the parsers and the validator, knows no tag's meaning.

import { ok, type Result, type WireError, wireError } from '@headend/core';

/** Far above any live playlist; a longer text is refused before it is split. */
export const MAX_PLAYLIST_CHARACTERS = 4 * 1024 * 1024;

export type PlaylistLine =
  | { readonly kind: 'tag'; readonly name: string; readonly value: string; readonly line: number }
  | { readonly kind: 'uri'; readonly uri: string; readonly line: number };

/** Comments and blank lines are dropped. The first line must be #EXTM3U; it is not returned. */
export const splitPlaylist = (text: string): Result<readonly PlaylistLine[], WireError> => {
  if (text.length > MAX_PLAYLIST_CHARACTERS) return wireError('playlist_too_long', `more than ${MAX_PLAYLIST_CHARACTERS} characters`);
  const lines: PlaylistLine[] = [];
  const rows = text.split('\n');
  for (const [index, row] of rows.entries()) {
    const content = row.endsWith('\r') ? row.slice(0, -1) : row;
    if (index === 0 && content !== '#EXTM3U') return wireError('playlist_header', 'the first line is not #EXTM3U', 1);
    if (index === 0 || content === '') continue;
    if (!content.startsWith('#')) {
      lines.push({ kind: 'uri', uri: content, line: index + 1 });
    } else if (content.startsWith('#EXT')) {
      const colon = content.indexOf(':');
      const name = colon < 0 ? content.slice(1) : content.slice(1, colon);
      lines.push({ kind: 'tag', name, value: colon < 0 ? '' : content.slice(colon + 1), line: index + 1 });
    }
  }
  return ok(lines);
};
