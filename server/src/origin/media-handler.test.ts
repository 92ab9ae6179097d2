// The origin over real sockets, with a synthetic encoder and virtual time.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, type IncomingHttpHeaders, request } from 'node:http';
import { connect, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { millis } from '@headend/core';
import { applyDeltaUpdate, parseMediaPlaylist, validateDeltaUpdate } from '@headend/manifest';
import { MemorySegmentFiles } from '../stores/segments/memory.ts';
import { bytesOf, checkPlaylists, initOf, noViolations, SyntheticEncoder, testTokens, tokenFor, VirtualClock } from './origin.test-kit.ts';
import { Origin, type OriginOptions } from './origin.ts';

type Reply = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer; readonly text: string };

const setUp = async (options: Partial<OriginOptions> & { readonly partSize?: number } = {}) => {
  const clock = new VirtualClock();
  const failures: unknown[] = [];
  const origin = new Origin({
    clock,
    files: new MemorySegmentFiles(),
    tokens: testTokens,
    windowMs: millis(20_000),
    events: { failed: (error) => failures.push(error) },
    ...options,
  });
  const server = createServer((incoming, outgoing) => origin.handle(incoming, outgoing));
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  const open = (path: string, init: { method?: string; headers?: Record<string, string> } = {}) =>
    request({ host: '127.0.0.1', port, path: path.startsWith('/') ? path : `/p/${tokenFor('st_1')}/st_1/${path}`, agent, ...init });
  const get = (path: string, init: { method?: string; headers?: Record<string, string> } = {}): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const outgoing = open(path, init);
      outgoing.on('error', reject);
      outgoing.on('response', async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        const body = Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, text: body.toString() });
      });
      outgoing.end();
    });
  const waiting = async (count: number): Promise<void> => {
    while (origin.waiting !== count) await new Promise((resolve) => setImmediate(resolve));
  };
  const presentation = origin.open('st_1');
  const encoder = new SyntheticEncoder(presentation, clock, { partSize: options.partSize ?? 64 });
  return {
    clock,
    origin,
    presentation,
    encoder,
    get,
    open,
    waiting,
    failures,
    port,
    async [Symbol.asyncDispose]() {
      await origin.close();
      agent.destroy();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
      assert.deepEqual(failures, []);
      assert.equal(origin.waiting, 0);
    },
  };
};

const codeOf = (reply: Reply): unknown => {
  assert.equal(reply.headers['content-type'], 'application/problem+json');
  const problem: { status: number; code: string } = JSON.parse(reply.text);
  assert.equal(problem.status, reply.status);
  return problem.code;
};

test('a viewer gets manifest, playlists, init, segments and parts with the right types and lifetimes', async () => {
  await using kit = await setUp();
  kit.encoder.start();
  kit.encoder.segments(3);
  kit.encoder.part();
  const manifest = await kit.get('manifest.m3u8');
  assert.equal(manifest.status, 200);
  assert.equal(manifest.headers['content-type'], 'application/vnd.apple.mpegurl');
  assert.equal(manifest.headers['cache-control'], 'public, max-age=0, s-maxage=1');
  assert.equal(manifest.headers['access-control-allow-origin'], '*');
  assert.match(manifest.headers['access-control-expose-headers'] ?? '', /Age, Date, Content-Length, Content-Range/);
  const playlist = await kit.get('v0/playlist.m3u8');
  assert.equal(playlist.text, checkPlaylists(kit.presentation).get('v0'));
  assert.equal(playlist.headers['cache-control'], 'public, max-age=0, s-maxage=1');
  const init = await kit.get('a0/init-0.mp4');
  assert.deepEqual(init.body, Buffer.from(initOf('a0')));
  assert.equal(init.headers['content-type'], 'audio/mp4');
  const segment = await kit.get('v0/1.m4s');
  assert.equal(segment.headers['content-type'], 'video/mp4');
  assert.equal(segment.headers['cache-control'], 'public, max-age=86400, immutable');
  assert.deepEqual(segment.body, Buffer.concat(Array.from({ length: 10 }, (_, part) => bytesOf('v0', 1, part))));
  assert.deepEqual((await kit.get('v0/2.7.m4s')).body, Buffer.from(bytesOf('v0', 2, 7)));
  assert.equal(kit.origin.viewers.count('st_1'), 1);
});

test('a blocked reload is answered when the part exists, and not before', async () => {
  await using kit = await setUp();
  kit.encoder.start();
  kit.encoder.segments(2);
  kit.encoder.part();
  let answered = false;
  const blocked = kit.get('v0/playlist.m3u8?_HLS_msn=2&_HLS_part=1').then((reply) => {
    answered = true;
    return reply;
  });
  await kit.waiting(1);
  await kit.get('v0/playlist.m3u8');
  assert.equal(answered, false);
  kit.encoder.part();
  const reply = await blocked;
  assert.equal(reply.status, 200);
  assert.equal(reply.headers['cache-control'], 'public, max-age=0, s-maxage=12');
  const playlist = parseMediaPlaylist(reply.text);
  assert.ok(playlist.ok);
  assert.equal(playlist.value.open?.parts.length, 2);
});

test('200 blocked requests share one rendered playlist', async () => {
  await using kit = await setUp();
  kit.encoder.start();
  kit.encoder.segments(2);
  const rendition = kit.presentation.rendition('v0');
  assert.ok(rendition);
  const headers = { 'accept-encoding': 'gzip' };
  const blocked = Array.from({ length: 200 }, () => kit.get('v0/playlist.m3u8?_HLS_msn=2&_HLS_part=0', { headers }));
  await kit.waiting(200);
  const before = rendition.renders;
  kit.encoder.part();
  const replies = await Promise.all(blocked);
  assert.equal(rendition.renders, before + 1);
  assert.ok(replies.every(({ status, body }) => status === 200 && body.equals(replies[0]?.body ?? Buffer.alloc(0))));
});

test('a client that goes away leaves no waiter behind', async () => {
  await using kit = await setUp();
  kit.encoder.start();
  kit.encoder.segments(1);
  const outgoing = kit.open('v0/playlist.m3u8?_HLS_msn=2');
  outgoing.on('error', () => undefined);
  outgoing.end();
  await kit.waiting(1);
  outgoing.destroy();
  await kit.waiting(0);
});

test('a blocked reload that nothing answers ends after three target durations', async () => {
  await using kit = await setUp();
  kit.encoder.start();
  kit.encoder.segments(1);
  const blocked = kit.get('v0/playlist.m3u8?_HLS_msn=1');
  await kit.waiting(1);
  kit.clock.advance(5999);
  assert.equal(kit.origin.waiting, 1);
  kit.clock.advance(1);
  const reply = await blocked;
  assert.equal(reply.status, 503);
  assert.equal(codeOf(reply), 'delivery_timeout');
  assert.equal(reply.headers['cache-control'], 'public, max-age=0, s-maxage=8');
});

test('directives that ask for the impossible are refused', async () => {
  await using kit = await setUp();
  kit.encoder.start();
  kit.encoder.segments(3);
  for (const query of ['_HLS_part=1', '_HLS_msn=x', '_HLS_msn=-1', '_HLS_msn=5', '_HLS_msn=3&_HLS_part=15']) {
    const reply = await kit.get(`v0/playlist.m3u8?${query}`);
    assert.equal(reply.status, 400, query);
    assert.equal(codeOf(reply), 'delivery_directive_invalid');
    assert.equal(reply.headers['cache-control'], 'public, max-age=0, s-maxage=8');
  }
  assert.equal((await kit.get('v0/playlist.m3u8?_HLS_msn=0&_HLS_part=99')).status, 200);
});

test('the end of the stream releases everyone, and directives no longer matter', async () => {
  await using kit = await setUp();
  kit.encoder.start();
  kit.encoder.segments(2);
  const playlist = kit.get('v0/playlist.m3u8?_HLS_msn=3');
  const hinted = kit.get('v0/1.10.m4s');
  await kit.waiting(2);
  kit.presentation.end();
  assert.match((await playlist).text, /#EXT-X-ENDLIST\n$/);
  assert.equal((await hinted).status, 404);
  assert.equal((await kit.get('v0/playlist.m3u8?_HLS_msn=99&_HLS_part=x&_HLS_skip=YES')).status, 200);
});

test('a hinted part is held and answered whole; an unknown one is refused at once', async () => {
  await using kit = await setUp();
  kit.encoder.start();
  kit.encoder.segments(1);
  kit.encoder.part();
  const hint = /PRELOAD-HINT:TYPE=PART,URI="([^"]+)"/.exec((await kit.get('v0/playlist.m3u8')).text)?.[1];
  assert.equal(hint, '1.1.m4s');
  const held = kit.get(`v0/${hint}`);
  await kit.waiting(1);
  kit.encoder.part();
  const reply = await held;
  assert.equal(reply.status, 200);
  assert.deepEqual(reply.body, Buffer.from(bytesOf('v0', 1, 1)));
  for (const path of ['v0/1.5.m4s', 'v0/1.m4s', 'v0/77.m4s', 'v0/init-9.mp4', 'x9/1.m4s', 'v0/other.bin']) {
    const missing = await kit.get(path);
    assert.equal(missing.status, 404, path);
    assert.equal(codeOf(missing), 'not_found');
  }
  assert.equal((await kit.get('v0/1.5.m4s')).headers['cache-control'], 'public, max-age=0, s-maxage=2');
});

test('a hint outlives its segment: the first part of the next one answers it', async () => {
  await using kit = await setUp();
  kit.encoder.start();
  kit.encoder.segments(1);
  const held = kit.get('v0/0.10.m4s');
  await kit.waiting(1);
  kit.encoder.part();
  assert.deepEqual((await held).body, Buffer.from(bytesOf('v0', 1, 0)));
});

test('a hinted part that turns out to be a gap is 404', async () => {
  await using kit = await setUp();
  kit.encoder.start();
  kit.encoder.segments(1);
  kit.encoder.part();
  const held = kit.get('v0/1.1.m4s');
  await kit.waiting(1);
  kit.encoder.part({ gap: true });
  assert.equal((await held).status, 404);
});

test('a delta update leads back to the full playlist', async () => {
  await using kit = await setUp();
  kit.encoder.start();
  kit.encoder.segments(9);
  const before = await kit.get('v0/playlist.m3u8');
  kit.encoder.part();
  const delta = await kit.get('v0/playlist.m3u8?_HLS_msn=9&_HLS_part=0&_HLS_skip=YES');
  const full = await kit.get('v0/playlist.m3u8');
  assert.match(delta.text, /#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n/);
  noViolations(validateDeltaUpdate(delta.text, full.text));
  const [known, update, whole] = [before, delta, full].map(({ text }) => parseMediaPlaylist(text));
  assert.ok(known?.ok && update?.ok && whole?.ok);
  const rebuilt = applyDeltaUpdate(known.value, update.value);
  const { version: _version, skippedSegments: _skipped, ...expected } = whole.value;
  assert.ok(rebuilt.ok);
  assert.deepEqual(rebuilt.value, expected);
});

test('playlists come compressed and conditional', async () => {
  await using kit = await setUp();
  kit.encoder.start();
  kit.encoder.segments(3);
  const plain = await kit.get('v0/playlist.m3u8');
  const gzip = await kit.get('v0/playlist.m3u8', { headers: { 'accept-encoding': 'gzip, deflate' } });
  const brotli = await kit.get('v0/playlist.m3u8', { headers: { 'accept-encoding': 'gzip, br' } });
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.equal(gzip.headers['content-encoding'], 'gzip');
  assert.equal(gunzipSync(gzip.body).toString(), plain.text);
  assert.equal(brotliDecompressSync(brotli.body).toString(), plain.text);
  assert.equal(gzip.headers.vary, 'Accept-Encoding');
  assert.equal(new Set([plain, gzip, brotli].map(({ headers }) => headers.etag)).size, 3);
  const same = await kit.get('v0/playlist.m3u8', { headers: { 'if-none-match': `"x", ${plain.headers.etag}` } });
  assert.equal(same.status, 304);
  assert.equal(same.body.length, 0);
  kit.encoder.part();
  assert.equal((await kit.get('v0/playlist.m3u8', { headers: { 'if-none-match': plain.headers.etag ?? '' } })).status, 200);
});

test('ranges, HEAD and preflight', async () => {
  await using kit = await setUp();
  kit.encoder.start();
  kit.encoder.segments(1);
  const whole = await kit.get('v0/0.m4s');
  const range = async (value: string) => kit.get('v0/0.m4s', { headers: { range: value } });
  const middle = await range('bytes=60-200');
  assert.equal(middle.status, 206);
  assert.equal(middle.headers['content-range'], 'bytes 60-200/640');
  assert.deepEqual(middle.body, whole.body.subarray(60, 201));
  assert.deepEqual((await range('bytes=-5')).body, whole.body.subarray(635));
  assert.deepEqual((await range('bytes=600-9007199254740991')).body, whole.body.subarray(600));
  const beyond = await range('bytes=640-');
  assert.equal(beyond.status, 416);
  assert.equal(beyond.headers['content-range'], 'bytes */640');
  assert.equal((await range('bytes=0-1,5-6')).status, 200);
  assert.equal((await range('lines=1-2')).status, 200);
  const head = await kit.get('v0/0.m4s', { method: 'HEAD' });
  assert.equal(head.headers['content-length'], '640');
  assert.equal(head.body.length, 0);
  const preflight = await kit.get('v0/0.m4s', { method: 'OPTIONS' });
  assert.equal(preflight.status, 204);
  assert.match(String(preflight.headers['access-control-allow-headers']), /Range/);
  const post = await kit.get('v0/0.m4s', { method: 'POST' });
  assert.equal(post.status, 405);
  assert.equal(post.headers.allow, 'GET, HEAD, OPTIONS');
});

test('tokens: bad, expired, of another stream; expiry counts also for a cached one', async () => {
  await using kit = await setUp();
  kit.encoder.start();
  kit.encoder.segments(1);
  const soon = tokenFor('st_1', 'viewer', kit.clock.epochMs + 60_000);
  const at = async (token: string, stream = 'st_1') => kit.get(`/p/${token}/${stream}/manifest.m3u8`);
  assert.equal((await at(soon)).status, 200);
  kit.clock.advance(60_000);
  assert.equal(codeOf(await at(soon)), 'playback_token_expired');
  assert.equal(codeOf(await at('nonsense')), 'playback_token_invalid');
  const foreign = await at(tokenFor('st_2'));
  assert.equal(foreign.status, 403);
  assert.equal(foreign.headers['cache-control'], 'no-store');
  assert.equal(codeOf(await at(tokenFor('st_2'), 'st_2')), 'stream_unknown');
  assert.equal((await kit.get(`/p/${'x'.repeat(9000)}`)).status, 404);
});

test('a stream that is starting makes its first viewers wait, but not for ever', async () => {
  await using kit = await setUp();
  const manifest = kit.get('manifest.m3u8');
  const playlist = kit.get('v0/playlist.m3u8');
  await kit.waiting(2);
  kit.encoder.start();
  kit.encoder.segments(1);
  assert.equal((await manifest).status, 200);
  assert.match((await playlist).text, /0\.m4s/);
  kit.origin.open('st_2');
  const never = kit.get(`/p/${tokenFor('st_2')}/st_2/manifest.m3u8`);
  await kit.waiting(1);
  kit.clock.advance(8000);
  const reply = await never;
  assert.equal(reply.status, 503);
  assert.equal(codeOf(reply), 'stream_not_live');
});

test('no more than the named number of requests may wait', async () => {
  await using kit = await setUp({ maxWaiters: 3 });
  kit.encoder.start();
  kit.encoder.segments(1);
  const blocked = Array.from({ length: 3 }, () => kit.get('v0/playlist.m3u8?_HLS_msn=1'));
  await kit.waiting(3);
  const refused = await kit.get('v0/playlist.m3u8?_HLS_msn=1');
  assert.equal(refused.status, 503);
  assert.equal(codeOf(refused), 'unavailable');
  assert.equal(refused.headers['cache-control'], 'no-store');
  kit.encoder.segments(1);
  assert.ok((await Promise.all(blocked)).every(({ status }) => status === 200));
});

test('a client that stops reading is cut off', async () => {
  await using kit = await setUp({ partSize: 4 * 1024 * 1024, maxHotBytes: 1e9 });
  kit.encoder.start();
  kit.encoder.segments(1);
  const outgoing = kit.open('v0/0.m4s');
  outgoing.end();
  const [response] = await once(outgoing, 'response');
  response.pause();
  const closed = once(response, 'close').catch(() => undefined);
  response.on('error', () => undefined);
  while (kit.clock.pendingTimers === 0) await new Promise((resolve) => setImmediate(resolve));
  kit.clock.advance(30_000);
  response.resume();
  await closed;
  assert.equal(response.complete, false);
});

test('segments that left memory come from disk, whole and in ranges', async () => {
  await using kit = await setUp({ windowMs: millis(60_000) });
  kit.encoder.start();
  for (let i = 0; i < 12; i++) {
    kit.encoder.segments(1);
    await kit.presentation.keeper.idle();
  }
  assert.equal(kit.presentation.rendition('v0')?.timeline.segment(0)?.chunks, undefined);
  assert.deepEqual((await kit.get('v0/0.m4s')).body.subarray(64, 70), Buffer.from('v0/0.1'));
  assert.deepEqual((await kit.get('v0/0.m4s', { headers: { range: 'bytes=128-133' } })).text, 'v0/0.2');
  assert.deepEqual((await kit.get('v0/1.5.m4s')).body, Buffer.from(bytesOf('v0', 1, 5)));
});

test('the same over HTTP/2', async () => {
  await using kit = await setUp();
  kit.encoder.start();
  kit.encoder.segments(1);
  const server = createHttp2Server((incoming, outgoing) => kit.origin.handle(incoming, outgoing));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const get = async (path: string, method = 'GET') => {
    const stream = session.request({ ':path': `/p/${tokenFor('st_1')}/st_1/${path}`, ':method': method, 'accept-encoding': 'gzip' });
    const [headers] = await once(stream, 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    return { status: headers[':status'], headers, body: Buffer.concat(chunks) };
  };
  const blocked = get('v0/playlist.m3u8?_HLS_msn=1&_HLS_part=0');
  const hinted = get('v0/0.10.m4s');
  await kit.waiting(2);
  kit.encoder.part();
  assert.match(gunzipSync((await blocked).body).toString(), /0\.10\.m4s/);
  assert.deepEqual((await hinted).body, Buffer.from(bytesOf('v0', 1, 0)));
  assert.equal((await get('v0/0.m4s', 'HEAD')).headers['content-length'], '640');
  assert.equal((await get('v0/99.m4s')).status, 404);
  const aborted = session.request({ ':path': `/p/${tokenFor('st_1')}/st_1/v0/playlist.m3u8?_HLS_msn=2` });
  await kit.waiting(1);
  aborted.close();
  await kit.waiting(0);
  session.close();
  server.close();
});
