// Media URLs: `/p/<token>/<streamId>/…`, as docs and clients know them. Pure.

/** Longer request targets are refused unread: the longest token plus the longest query we read fit well within. */
export const MAX_TARGET_CHARACTERS = 8192;

export type MediaResource =
  | { readonly kind: 'manifest' }
  | { readonly kind: 'playlist'; readonly rendition: string }
  | { readonly kind: 'init'; readonly rendition: string; readonly index: number }
  | { readonly kind: 'segment'; readonly rendition: string; readonly msn: number }
  /** `name` is `<msn>.<part>`. */
  | { readonly kind: 'part'; readonly rendition: string; readonly name: string };

export type MediaTarget = {
  readonly token: string;
  readonly streamId: string;
  readonly resource: MediaResource;
  readonly query: string;
};

const PREFIX = /^\/p\/([A-Za-z0-9._~-]+)\/([A-Za-z0-9_-]+)\/(.+)$/;
const RENDITION_FILE = /^([A-Za-z0-9_-]{1,32})\/(?:(playlist\.m3u8)|init-(\d{1,9})\.mp4|(\d{1,15})\.m4s|(\d{1,15}\.\d{1,9})\.m4s)$/;

const resourceOf = (path: string): MediaResource | undefined => {
  if (path === 'manifest.m3u8') return { kind: 'manifest' };
  const [, rendition, playlist, init, msn, part] = RENDITION_FILE.exec(path) ?? [];
  if (rendition === undefined) return undefined;
  if (playlist !== undefined) return { kind: 'playlist', rendition };
  if (init !== undefined) return { kind: 'init', rendition, index: Number(init) };
  if (msn !== undefined) return { kind: 'segment', rendition, msn: Number(msn) };
  return part === undefined ? undefined : { kind: 'part', rendition, name: part };
};

export const parseMediaTarget = (target: string): MediaTarget | undefined => {
  if (target.length > MAX_TARGET_CHARACTERS) return undefined;
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const [, token, streamId, rest] = PREFIX.exec(path) ?? [];
  const resource = rest === undefined ? undefined : resourceOf(rest);
  if (token === undefined || streamId === undefined || resource === undefined) return undefined;
  return { token, streamId, resource, query: mark < 0 ? '' : target.slice(mark + 1) };
};
