// Where a client wants to publish: application, stream key and query, put together from `connect` (app, tcUrl) and `publish` (name).
// FFmpeg cuts `rtmp://host/live/key` into app and name, OBS sends the whole path as app; the query may hang on any of them.
// Everything here is secret until proved otherwise: errors never quote it.

import { AppError, err, ok, type Result } from '@headend/core';
import { MAX_NAME_LENGTH, MAX_QUERY_PARAMETERS, MAX_STREAM_KEY_LENGTH } from './limits.ts';

export type PublishTarget = {
  readonly app: string;
  readonly streamKey: string;
  readonly query: ReadonlyMap<string, string>;
};

type Cut = { readonly path: readonly string[]; readonly query: string };

/** Some hardware puts quotation marks around its URLs. */
const unquote = (text: string): string => text.replace(/^["']|["']$/g, '');

const cut = (text: string): Cut => {
  const at = text.indexOf('?');
  const path = at < 0 ? text : text.slice(0, at);
  return { path: path.split('/').filter((part) => part !== ''), query: at < 0 ? '' : text.slice(at + 1) };
};

/** Path and query of a tcUrl: `rtmp://host:1935/live?x=1`, with or without scheme and port. */
const cutUrl = (tcUrl: string): Cut => cut(unquote(tcUrl).replace(/^[a-z]+:\/\/[^/?]*/i, ''));

/** Percent-decodes once; text that is no valid encoding stays as it is. */
const decodeOnce = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const addQuery = (into: Map<string, string>, query: string): void => {
  for (const pair of query.split(/[&?]/)) {
    if (pair === '' || into.size >= MAX_QUERY_PARAMETERS) continue;
    const at = pair.indexOf('=');
    const key = decodeOnce(at < 0 ? pair : pair.slice(0, at));
    into.set(key, at < 0 ? '' : decodeOnce(pair.slice(at + 1)));
  }
};

const isControl = (character: string): boolean => character < ' ' || character === '\x7f';

const checkKey = (key: string): Result<string, AppError> => {
  if (key === '')
    return err(new AppError('key_malformed', 'There is no stream key. Put it behind the application: rtmp://host/live/<key>.'));
  if (key.length > MAX_STREAM_KEY_LENGTH) return err(new AppError('key_malformed', 'The stream key is too long.'));
  if (key.includes('..') || [...key].some(isControl)) {
    return err(new AppError('key_malformed', 'The stream key has characters that no key has.'));
  }
  return ok(key);
};

/** The path that `connect` names: its `app`, or the path of tcUrl when the client left app out. */
const connectPath = (app: string, tcUrl: string): readonly string[] => {
  const fromApp = cut(unquote(app)).path;
  return fromApp.length > 0 ? fromApp : cutUrl(tcUrl).path;
};

/** Judges `connect`: the application is known, and nothing is absurdly long. */
export const checkApplication = (application: string, app: string, tcUrl: string): Result<true, AppError> => {
  if (app.length > MAX_NAME_LENGTH || tcUrl.length > MAX_NAME_LENGTH) return err(new AppError('app_unknown', 'The URL is too long.'));
  const [first] = connectPath(app, tcUrl);
  if (first !== undefined && decodeOnce(first) === application) return ok(true);
  return err(new AppError('app_unknown', `Publish to rtmp://<host>/${application}/<stream key>.`));
};

export const publishTarget = (application: string, app: string, tcUrl: string, name: string): Result<PublishTarget, AppError> => {
  const known = checkApplication(application, app, tcUrl);
  if (!known.ok) return known;
  if (name.length > MAX_NAME_LENGTH) return err(new AppError('key_malformed', 'The stream key is too long.'));
  const published = cut(name);
  const query = new Map<string, string>();
  for (const part of [cutUrl(tcUrl).query, cut(unquote(app)).query, published.query]) addQuery(query, part);
  const key = checkKey(decodeOnce([...connectPath(app, tcUrl).slice(1), ...published.path].join('/')));
  return key.ok ? ok({ app: application, streamKey: key.value, query }) : key;
};
