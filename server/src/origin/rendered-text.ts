// A playlist as bytes, ready to send: encoded once per update and coding, shared by every client that asks.

import { createHash } from 'node:crypto';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

export type Coding = 'identity' | 'gzip' | 'br';

export type EncodedText = { readonly bytes: Uint8Array; readonly etag: string; readonly coding: Coding };

/** A playlist is a few kilobytes and lives for a fifth of a second: higher levels cost more than the bytes they save. */
const GZIP_LEVEL = 4;
const BROTLI_QUALITY = 4;
const ETAG_CHARACTERS = 22;

const compress = (bytes: Uint8Array, coding: Coding): Uint8Array => {
  if (coding === 'gzip') return gzipSync(bytes, { level: GZIP_LEVEL });
  if (coding === 'br') {
    const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    return brotliCompressSync(bytes, { params });
  }
  return bytes;
};

export class RenderedText {
  readonly text: string;
  readonly #bytes: Uint8Array;
  readonly #hash: string;
  readonly #encoded = new Map<Coding, EncodedText>();

  constructor(text: string) {
    this.text = text;
    this.#bytes = new TextEncoder().encode(text);
    this.#hash = createHash('sha256').update(this.#bytes).digest('base64url').slice(0, ETAG_CHARACTERS);
  }

  /** A strong ETag names bytes, so every coding has its own. */
  encoded(coding: Coding): EncodedText {
    const known = this.#encoded.get(coding);
    if (known !== undefined) return known;
    const etag = coding === 'identity' ? `"${this.#hash}"` : `"${this.#hash}-${coding}"`;
    const encoded = { bytes: compress(this.#bytes, coding), etag, coding };
    this.#encoded.set(coding, encoded);
    return encoded;
  }
}

/** Accept-Encoding (RFC 9110 §12.5.3): brotli when welcome, else gzip, else as it is. */
export const negotiateCoding = (header: string | undefined): Coding => {
  if (header === undefined) return 'identity';
  const weights = new Map<string, number>();
  for (const entry of header.toLowerCase().split(',', 16)) {
    const [name = '', ...parameters] = entry.split(';').map((piece) => piece.trim());
    const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    weights.set(name, q === undefined ? 1 : Number(q) || 0);
  }
  const weightOf = (coding: Coding): number => weights.get(coding) ?? weights.get('*') ?? 0;
  if (weightOf('br') > 0 && weightOf('br') >= weightOf('gzip')) return 'br';
  return weightOf('gzip') > 0 ? 'gzip' : 'identity';
};

/** If-None-Match (RFC 9110 §13.1.2), weak comparison. */
export const etagMatches = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  (header.trim() === '*' ||
    header
      .split(',')
      .map((candidate) => candidate.trim().replace(/^W\//, ''))
      .includes(etag));
