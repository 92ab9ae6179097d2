// The RTMP handshake, both sides: C0 C1 / S0 S1 S2 / C2 (Adobe RTMP 1.0, section 5.2), plain echo or Flash digest
// ("complex") form, which FFmpeg checks when it plays. The content of C2 and S2 is never judged: encoders disagree about it.
// Left out: RTMPE (versions 6, 8, 9: RC4 and Diffie-Hellman), long broken.

import { err, ok, type Result, type WireError, wireError } from '@headend/core';

export const RTMP_VERSION = 3;
/** Size of C1, S1, C2 and S2. */
export const HANDSHAKE_BLOCK_BYTES = 1536;
const MAX_TOLERATED_VERSION = 31;
const RTMPE_VERSIONS: readonly number[] = [6, 8, 9];
/** First byte of a TLS record, as an encoder set to rtmps:// sends it. */
const TLS_CLIENT_HELLO = 0x16;
const DIGEST_BYTES = 32;
/** Any non-zero Flash Media Server version tells the client that S1 carries a digest. */
const SERVER_VERSION = [3, 5, 1, 1];
const CLIENT_VERSION = [9, 0, 124, 2];

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

const CLIENT_KEY = ascii('Genuine Adobe Flash Player 001');
const SERVER_KEY = ascii('Genuine Adobe Flash Media Server 001');
const KEY_TAIL = hex('f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae');

/** Randomness and HMAC-SHA256 come from the driver. */
export type HandshakeCrypto = {
  readonly hmacSha256: (key: Uint8Array, data: Uint8Array) => Uint8Array;
  readonly randomBytes: (size: number) => Uint8Array;
};

const concat = (...parts: readonly Uint8Array[]): Uint8Array => {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
};

/** Where the digest sits: four bytes whose sum picks a place in the first or in the second half. */
const schemes = [
  { selector: 8, base: 12 },
  { selector: 772, base: 776 },
] as const;
export type DigestScheme = 0 | 1;

const digestOffset = (block: Uint8Array, scheme: DigestScheme): number => {
  const { selector, base } = schemes[scheme];
  const sum = block.subarray(selector, selector + 4).reduce((total, byte) => total + byte, 0);
  return (sum % 728) + base;
};

const blockDigest = (block: Uint8Array, offset: number, key: Uint8Array, crypto: HandshakeCrypto): Uint8Array =>
  crypto.hmacSha256(key, concat(block.subarray(0, offset), block.subarray(offset + DIGEST_BYTES)));

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** The digest of a C1 or S1 and the scheme it was found by, or undefined if the block has none. */
export const findDigest = (
  block: Uint8Array,
  from: 'client' | 'server',
  crypto: HandshakeCrypto,
): { readonly scheme: DigestScheme; readonly digest: Uint8Array } | undefined => {
  const key = from === 'client' ? CLIENT_KEY : SERVER_KEY;
  for (const scheme of [0, 1] as const) {
    const offset = digestOffset(block, scheme);
    const digest = new Uint8Array(block.subarray(offset, offset + DIGEST_BYTES));
    if (sameBytes(digest, blockDigest(block, offset, key, crypto))) return { scheme, digest };
  }
  return undefined;
};

/** A C1 or S1 with version bytes and digest. */
export const digestBlock = (from: 'client' | 'server', scheme: DigestScheme, crypto: HandshakeCrypto): Uint8Array => {
  const block = concat(new Uint8Array(4), Uint8Array.from(from === 'client' ? CLIENT_VERSION : SERVER_VERSION), crypto.randomBytes(1528));
  const offset = digestOffset(block, scheme);
  block.set(blockDigest(block, offset, from === 'client' ? CLIENT_KEY : SERVER_KEY, crypto), offset);
  return block;
};

/** A C2 or S2 that proves knowledge of the peer's digest. */
export const digestAnswer = (from: 'client' | 'server', peerDigest: Uint8Array, crypto: HandshakeCrypto): Uint8Array => {
  const text = from === 'client' ? CLIENT_KEY : SERVER_KEY;
  const random = crypto.randomBytes(HANDSHAKE_BLOCK_BYTES - DIGEST_BYTES);
  const key = crypto.hmacSha256(concat(text, KEY_TAIL), peerDigest);
  return concat(random, crypto.hmacSha256(key, random));
};

/** Four zero version bytes: FFmpeg then expects no digest. */
const plainBlock = (crypto: HandshakeCrypto): Uint8Array => concat(new Uint8Array(8), crypto.randomBytes(1528));

export type HandshakeStep = {
  /** Bytes of the input that belong to the handshake; the rest is chunk data. */
  readonly consumed: number;
  readonly send?: Uint8Array;
  readonly done: boolean;
};

const acceptVersion = (version: number): Result<true, WireError> => {
  if (version < RTMP_VERSION || version > MAX_TOLERATED_VERSION) return wireError('handshake_version', 'not an RTMP handshake', 0);
  if (version === TLS_CLIENT_HELLO) return wireError('handshake_tls', 'TLS on a plain RTMP port; use the RTMPS port', 0);
  if (RTMPE_VERSIONS.includes(version)) return wireError('handshake_rtmpe', 'RTMPE is not supported; use RTMPS', 0);
  return ok(true);
};

/** Collects a fixed number of bytes over any slicing. */
class FixedBlock {
  readonly bytes: Uint8Array;
  #length = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  get full(): boolean {
    return this.#length === this.bytes.length;
  }

  /** Takes what fits from `input` at `from`; returns how much. */
  take(input: Uint8Array, from: number): number {
    const part = input.subarray(from, from + this.bytes.length - this.#length);
    this.bytes.set(part, this.#length);
    this.#length += part.length;
    return part.length;
  }
}

export class ServerHandshake {
  readonly #crypto: HandshakeCrypto;
  readonly #opening = new FixedBlock(1 + HANDSHAKE_BLOCK_BYTES);
  readonly #answer = new FixedBlock(HANDSHAKE_BLOCK_BYTES);

  constructor(crypto: HandshakeCrypto) {
    this.#crypto = crypto;
  }

  /** S0 S1 S2 go out as soon as C1 is in: clients wait for all three before they send C2. */
  push(input: Uint8Array): Result<HandshakeStep, WireError> {
    let consumed = 0;
    let send: Uint8Array | undefined;
    if (!this.#opening.full) {
      const version = input[0];
      if (version === undefined) return ok({ consumed: 0, done: false });
      consumed = this.#opening.take(input, 0);
      const accepted = acceptVersion(this.#opening.bytes[0] ?? 0);
      if (!accepted.ok) return err(accepted.error);
      if (!this.#opening.full) return ok({ consumed, done: false });
      send = this.#reply(this.#opening.bytes.subarray(1));
    }
    consumed += this.#answer.take(input, consumed);
    const done = this.#answer.full;
    return ok(send === undefined ? { consumed, done } : { consumed, send, done });
  }

  #reply(c1: Uint8Array): Uint8Array {
    const version = Uint8Array.of(RTMP_VERSION);
    const claimsDigest = c1.subarray(4, 8).some((byte) => byte !== 0);
    const found = claimsDigest ? findDigest(c1, 'client', this.#crypto) : undefined;
    if (found === undefined) return concat(version, plainBlock(this.#crypto), c1);
    return concat(version, digestBlock('server', found.scheme, this.#crypto), digestAnswer('server', found.digest, this.#crypto));
  }
}

export class ClientHandshake {
  readonly #opening = new FixedBlock(1 + HANDSHAKE_BLOCK_BYTES);
  readonly #answer = new FixedBlock(HANDSHAKE_BLOCK_BYTES);
  readonly #c1: Uint8Array;
  readonly #crypto: HandshakeCrypto;

  /** With a digest scheme C1 is signed as Flash did; without, the plain form that every server takes. */
  constructor(crypto: HandshakeCrypto, digest?: DigestScheme) {
    this.#crypto = crypto;
    this.#c1 = digest === undefined ? plainBlock(crypto) : digestBlock('client', digest, crypto);
  }

  /** C0 C1. */
  start(): Uint8Array {
    return concat(Uint8Array.of(RTMP_VERSION), this.#c1);
  }

  push(input: Uint8Array): Result<HandshakeStep, WireError> {
    let consumed = 0;
    let send: Uint8Array | undefined;
    if (!this.#opening.full) {
      consumed = this.#opening.take(input, 0);
      if (!this.#opening.full) return ok({ consumed, done: false });
      const accepted = acceptVersion(this.#opening.bytes[0] ?? 0);
      if (!accepted.ok) return err(accepted.error);
      send = this.#reply(this.#opening.bytes.subarray(1));
    }
    consumed += this.#answer.take(input, consumed);
    const done = this.#answer.full;
    return ok(send === undefined ? { consumed, done } : { consumed, send, done });
  }

  #reply(s1: Uint8Array): Uint8Array {
    const found = findDigest(s1, 'server', this.#crypto);
    return found === undefined ? new Uint8Array(s1) : digestAnswer('client', found.digest, this.#crypto);
  }
}
