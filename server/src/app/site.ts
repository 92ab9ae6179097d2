// The built site (web/dist), read into memory once: a rebuild on disk never tears a running server's pages. Hashed files are cached for
// good, pages never. Every page is index.html; unknown addresses get it with status 404, where it shows its not-found page.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { AnyRequest, AnyResponse, RequestHandler } from './http-server.ts';

const DIST = fileURLToPath(new URL('../../../web/dist', import.meta.url));
const PAGES = /^\/(?:watch\/[^/]+\/?)?$/;
/** Below this, gzip's frame outweighs what it saves. */
const MIN_COMPRESSED_BYTES = 512;
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};
/** Already compressed by their format. */
const INCOMPRESSIBLE = /\.(woff2|png|ico)$/;
/** Media and API are same-origin; hls.js plays through blob: URLs. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors *";

type SiteFile = { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer; readonly gzip: Buffer | undefined };

const readSiteFile = (name: string): SiteFile => {
  const body = readFileSync(path.join(DIST, name));
  const hashed = name.startsWith('assets/');
  const compressible = !INCOMPRESSIBLE.test(name) && body.length >= MIN_COMPRESSED_BYTES;
  return {
    body,
    gzip: compressible ? gzipSync(body) : undefined,
    headers: {
      'content-type': TYPES[path.extname(name)] ?? 'application/octet-stream',
      'cache-control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      'x-content-type-options': 'nosniff',
      ...(compressible ? { vary: 'accept-encoding' } : {}),
      ...(name === 'index.html' ? { 'content-security-policy': CONTENT_SECURITY_POLICY, 'referrer-policy': 'same-origin' } : {}),
    },
  };
};

const readSite = (): ReadonlyMap<string, SiteFile> => {
  const entries = readdirSync(DIST, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.name.startsWith('.'),
  );
  const names = entries.map((entry) => path.relative(DIST, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));
  return new Map(names.map((name) => [`/${name}`, readSiteFile(name)]));
};

const send = (file: SiteFile, status: number, request: AnyRequest, anyResponse: AnyResponse): void => {
  // Both kinds of response share what is used here; the overloads of their union cannot be called.
  const response = anyResponse as ServerResponse;
  const zipped = file.gzip !== undefined && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const body = zipped && file.gzip !== undefined ? file.gzip : file.body;
  response.writeHead(status, { ...file.headers, 'content-length': String(body.length), ...(zipped ? { 'content-encoding': 'gzip' } : {}) });
  response.end(request.method === 'HEAD' ? undefined : body);
};

/** `undefined` when the site was not built: the API and the media work all the same. */
export const createSite = (): RequestHandler | undefined => {
  if (!existsSync(path.join(DIST, 'index.html'))) return undefined;
  const files = readSite();
  const page = files.get('/index.html');
  if (page === undefined) return undefined;
  return (request, response) => {
    const address = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      (response as ServerResponse).writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    const file = PAGES.test(address) ? page : files.get(address);
    send(file ?? page, file === undefined ? 404 : 200, request, response);
  };
};
