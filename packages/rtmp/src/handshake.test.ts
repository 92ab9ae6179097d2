// The handshake in both forms: wire sizes, echoes, digests, versions that are refused, and indifference to slicing and content of C2.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  ClientHandshake,
  type DigestScheme,
  digestAnswer,
  digestBlock,
  findDigest,
  HANDSHAKE_BLOCK_BYTES,
  type HandshakeCrypto,
  ServerHandshake,
} from './handshake.ts';

/** Repeatable "randomness". */
const seeded = (seed: number): HandshakeCrypto => {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
  return {
    hmacSha256: (key, data) => new Uint8Array(createHmac('sha256', key).update(data).digest()),
    randomBytes: (size) => Uint8Array.from({ length: size }, next),
  };
};

const c0c1 = (version: number, c1: Uint8Array): Uint8Array => Uint8Array.of(version, ...c1);

const reply = (server: ServerHandshake, bytes: Uint8Array): Uint8Array => {
  const step = server.push(bytes);
  assert.ok(step.ok && step.value.send !== undefined);
  return step.value.send;
};

describe('server handshake', () => {
  it('answers a plain C1 with version zero and its echo', () => {
    const c1 = new Uint8Array(HANDSHAKE_BLOCK_BYTES).fill(7).fill(0, 4, 8);
    const answer = reply(new ServerHandshake(seeded(1)), c0c1(3, c1));
    assert.equal(answer.length, 1 + 2 * HANDSHAKE_BLOCK_BYTES);
    assert.equal(answer[0], 3);
    assert.deepEqual(answer.slice(5, 9), new Uint8Array(4));
    assert.deepEqual(answer.slice(1 + HANDSHAKE_BLOCK_BYTES), c1);
  });

  it('answers a signed C1 with a signed S1 and a proof, in either scheme', () => {
    for (const scheme of [0, 1] as const) {
      const crypto = seeded(2);
      const c1 = digestBlock('client', scheme, crypto);
      const answer = reply(new ServerHandshake(crypto), c0c1(3, c1));
      const s1 = answer.slice(1, 1 + HANDSHAKE_BLOCK_BYTES);
      assert.equal(findDigest(s1, 'server', crypto)?.scheme, scheme);
      const s2 = answer.slice(1 + HANDSHAKE_BLOCK_BYTES);
      const digest = findDigest(c1, 'client', crypto)?.digest;
      assert.ok(digest !== undefined);
      const fixed: HandshakeCrypto = { ...crypto, randomBytes: () => s2.slice(0, 1504) };
      assert.deepEqual(s2, digestAnswer('server', digest, fixed));
    }
  });

  it('falls back to the plain form when the claimed digest is wrong', () => {
    const c1 = digestBlock('client', 0, seeded(3));
    c1[1000] = (c1[1000] ?? 0) ^ 1;
    const answer = reply(new ServerHandshake(seeded(3)), c0c1(3, c1));
    assert.deepEqual(answer.slice(5, 9), new Uint8Array(4));
    assert.deepEqual(answer.slice(1 + HANDSHAKE_BLOCK_BYTES), c1);
  });

  it('judges the version at the first byte', () => {
    const codeFor = (version: number): string => {
      const step = new ServerHandshake(seeded(4)).push(Uint8Array.of(version));
      return step.ok ? 'ok' : step.error.code;
    };
    assert.equal(codeFor(3), 'ok');
    assert.equal(codeFor(31), 'ok');
    assert.equal(codeFor(6), 'handshake_rtmpe');
    assert.equal(codeFor(0x16), 'handshake_tls');
    for (const version of [0, 2, 32, 0x47, 255]) assert.equal(codeFor(version), 'handshake_version');
  });
});

describe('both handshakes', () => {
  const digest = fc.constantFrom<DigestScheme | undefined>(undefined, 0, 1);
  it('meet in any slicing, and leave the bytes behind them', () => {
    fc.assert(
      fc.property(fc.nat(), digest, fc.integer({ min: 1, max: 5000 }), (seed, scheme, slice) => {
        const client = new ClientHandshake(seeded(seed), scheme);
        const server = new ServerHandshake(seeded(seed + 1));
        const feed = (peer: ClientHandshake | ServerHandshake, bytes: Uint8Array): { sent: Uint8Array[]; left: number; done: boolean } => {
          const sent: Uint8Array[] = [];
          let left = 0;
          let done = false;
          for (let at = 0; at < bytes.length; at += slice) {
            const part = bytes.subarray(at, at + slice);
            const step = peer.push(part);
            assert.ok(step.ok);
            if (step.value.send !== undefined) sent.push(step.value.send);
            done = step.value.done;
            left += part.length - step.value.consumed;
          }
          return { sent, left, done };
        };
        const [answer] = feed(server, client.start()).sent;
        assert.ok(answer !== undefined);
        const onClient = feed(client, answer);
        assert.ok(onClient.done);
        const [c2] = onClient.sent;
        assert.ok(c2 !== undefined);
        const onServer = feed(server, Uint8Array.of(...c2, 0xaa, 0xbb));
        assert.deepEqual([onServer.done, onServer.left], [true, 2]);
      }),
      { numRuns: 40 },
    );
  });
});
