// The built site (web/dist): hashed files cached for good, pages never. Every page is index.html; unknown addresses get it with status 404,
// where it shows its not-found page.

import { existsSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';
import type { AnyRequest, AnyResponse, RequestHandler } from './http-server.ts';

const DIST = fileURLToPath(new URL('../../../web/dist', import.meta.url));
const PAGES = /^\/(?:watch\/[^/]+\/?)?$/;
/** Media and API are same-origin; hls.js plays through blob: URLs and may run its transmuxer as a blob: worker. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors *";

const pathOf = (request: AnyRequest): string => (request.url ?? '/').split('?', 1)[0] ?? '/';

const pageHeaders = (page: Buffer): Readonly<Record<string, string>> => ({
  'content-type': 'text/html; charset=utf-8',
  'content-length': String(page.length),
  'cache-control': 'no-cache',
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
});

const sendPage = (page: Buffer, request: AnyRequest, anyResponse: AnyResponse): void => {
  // Both kinds of response share what is used here; the overloads of their union cannot be called.
  const response = anyResponse as ServerResponse;
  const method = request.method ?? 'GET';
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  response.writeHead(PAGES.test(pathOf(request)) ? 200 : 404, pageHeaders(page)).end(method === 'HEAD' ? undefined : page);
};

/** `undefined` when the site was not built: the API and the media work all the same. */
export const createSite = (): RequestHandler | undefined => {
  const index = path.join(DIST, 'index.html');
  if (!existsSync(index)) return undefined;
  const page = readFileSync(index);
  const files = sirv(DIST, { etag: true, extensions: [], setHeaders: (response, file) => cacheForGood(response, file) });
  return (request, response) => {
    if (PAGES.test(pathOf(request)) || pathOf(request) === '/index.html') {
      sendPage(page, request, response);
      return;
    }
    // sirv is typed for HTTP/1 and uses only what both kinds of request and response share.
    files(request as Parameters<typeof files>[0], response as Parameters<typeof files>[1], () => sendPage(page, request, response));
  };
};

const cacheForGood = (response: { setHeader(name: string, value: string): unknown }, file: string): void => {
  response.setHeader('x-content-type-options', 'nosniff');
  if (file.startsWith('/assets/')) response.setHeader('cache-control', 'public, max-age=31536000, immutable');
};
