// Client and server session wired in memory: a whole publish in any slicing, refusals, reconnect requests, deadlines.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError, millis } from '@headend/core';
import fc from 'fast-check';
import { ClientSession } from './client-session.ts';
import { drain, testCrypto, wire } from './node/testing/session-pair.ts';

const accept = { type: 'accept' } as const;
const now = millis(0);

describe('client and server session', () => {
  it('publish in any slicing, plain and signed', () => {
    const body = new Uint8Array(150_000).fill(0x27);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8000 }), fc.constantFrom(undefined, 0 as const, 1 as const), (slice, digest) => {
        const pair = wire(accept, digest === undefined ? {} : { digest });
        pair.settle(slice);
        assert.deepEqual(pair.clientEvents, [{ type: 'publishing' }]);
        pair.client.handle({ type: 'command', now, command: { type: 'video', timestamp: 0xffffffff, body } });
        pair.settle(slice);
        pair.client.handle({ type: 'command', now, command: { type: 'close' } });
        pair.settle(slice);
        assert.deepEqual(
          pair.serverEvents.map((event) => event.type),
          ['publish', 'media', 'unpublish'],
        );
        const media = pair.serverEvents[1];
        assert.ok(media?.type === 'media');
        assert.deepEqual([media.timestampMs, media.body], [0, body]);
        assert.equal(pair.closes.client?.clean, true);
      }),
      { numRuns: 12 },
    );
  });

  it('carry extended timestamps over many chunks', () => {
    const pair = wire(accept);
    pair.settle();
    const body = new Uint8Array(200_000).map((_, i) => i);
    for (const timestamp of [0xfffff0, 0x1000000, 0x1000028]) {
      pair.client.handle({ type: 'command', now, command: { type: 'audio', timestamp, body } });
      pair.settle(777);
    }
    const media = pair.serverEvents.filter((event) => event.type === 'media');
    assert.deepEqual(
      media.map((event) => event.timestampMs),
      [0, 16, 56],
    );
    for (const event of media) assert.deepEqual(event.body, body);
  });

  it('tell a refusal with code and words, without the key', () => {
    const pair = wire({ type: 'refuse', error: new AppError('key_invalid', 'The key sesame opens nothing.') }, { streamKey: 'sesame' });
    pair.settle();
    assert.deepEqual(pair.clientEvents, [{ type: 'refused', code: 'NetStream.Publish.Denied', description: 'The key … opens nothing.' }]);
    assert.equal(pair.closes.client?.code, 'refused');
  });

  it('pass on a reconnect request', () => {
    const pair = wire(accept);
    pair.settle();
    pair.server.handle({ type: 'command', now, command: { type: 'requestReconnect', tcUrl: '//other/live', description: 'Moving.' } });
    const { sent } = drain(pair.server);
    pair.client.handle({ type: 'bytes', now, bytes: sent });
    assert.deepEqual(drain(pair.client).events, [{ type: 'reconnectRequest', tcUrl: '//other/live', description: 'Moving.' }]);
  });
});

describe('client session', () => {
  const fresh = (): ClientSession => {
    const session = new ClientSession({ app: 'live', tcUrl: 'rtmp://h/live', streamKey: 'key', crypto: testCrypto, now });
    drain(session);
    return session;
  };

  it('gives each step its time', () => {
    const session = fresh();
    assert.equal(session.deadline()?.reason, 'handshake_timeout');
    session.handle({ type: 'tick', now: millis(10_000) });
    assert.equal(drain(session).close?.code, 'handshake_timeout');
    assert.equal(session.deadline(), null);
  });

  it('never throws on any bytes from the server', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.uint8Array({ maxLength: 300 }), (shaken, bytes) => {
        const session = fresh();
        if (shaken) {
          session.handle({ type: 'bytes', now, bytes: new Uint8Array(3073).fill(3, 0, 1) });
          drain(session);
        }
        session.handle({ type: 'bytes', now, bytes });
        drain(session);
      }),
      { numRuns: 500 },
    );
  });
});
