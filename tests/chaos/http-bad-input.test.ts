// HTTP as strangers send it: tokens, paths, queries, headers and bodies of every wrong kind, thousands of requests that wait and go away,
// readers that stand still. Nothing is answered with our own failure, nobody else waits for it, and the memory comes back.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { type TestContext, test } from 'node:test';
import { errorRegistry, wallMs } from '@headend/core';
import fc from 'fast-check';
import { openKeyrings } from '../../server/src/control/keyring.ts';
import { createPlaybackTokens } from '../../server/src/control/playback-token.ts';
import { asAdmin, createChannel, liveOn } from '../kit/channels.ts';
import { afterwards } from '../kit/cleanup.ts';
import { eventually } from '../kit/eventually.ts';
import { connectPublisher, looped, makeTags, playTags } from '../kit/flv-publisher.ts';
import { assertConformant } from '../kit/follow.ts';
import { type Headend, startHeadend, temporaryFolder } from '../kit/headend.ts';
import { LiveViewer } from '../kit/live-viewer.ts';
import { makeClip, publishFile, SEAMLESS } from '../kit/media.ts';
import { memoryInUse, scrape, settledMemory } from '../kit/metrics.ts';
import { missing } from '../kit/program.ts';
import { RawPeer } from '../kit/raw-peer.ts';
import { testSeed } from '../kit/seed.ts';

type Answer = { readonly status: number; readonly type: string; readonly body: string };

/** The request target goes out as it is: fetch() would tidy it up. */
const ask = (
  server: Headend,
  target: string,
  init: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.api);
    const { method = 'GET', headers = {}, body } = init;
    const request = httpRequest({ hostname, port, path: target, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body: text }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });

const codeOf = ({ body }: Answer): string => {
  const document: unknown = JSON.parse(body);
  assert.ok(typeof document === 'object' && document !== null && 'code' in document && typeof document.code === 'string', body);
  return document.code;
};

const assertProblem = (answer: Answer, status: number, code: string, what: string): void => {
  assert.equal(answer.status, status, `${what}: ${answer.body.slice(0, 300)}`);
  assert.match(answer.type, /^application\/problem\+json/, what);
  assert.equal(codeOf(answer), code, what);
  assert.ok(code in errorRegistry, `${code} is in the registry`);
};

type Stage = { readonly server: Headend; readonly streamId: string; readonly token: string; readonly playlist: string };

const badMediaRequests = async ({ server, streamId, token, playlist }: Stage): Promise<void> => {
  const tokens = createPlaybackTokens((await openKeyrings(server.dataFolder)).playbackTokens);
  const expired = tokens.issue({ streamId, expiresAt: wallMs(Date.now() - 1000), viewerSession: 'v' });
  const other = tokens.issue({ streamId: 'st_other', expiresAt: wallMs(Date.now() + 60_000), viewerSession: 'v' });
  const flipped = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
  const cases: readonly (readonly [string, number, string])[] = [
    [`/p/x/${streamId}/manifest.m3u8`, 403, 'playback_token_invalid'],
    [`/p/${'a'.repeat(4000)}/${streamId}/manifest.m3u8`, 403, 'playback_token_invalid'],
    [`/p/${flipped}/${streamId}/manifest.m3u8`, 403, 'playback_token_invalid'],
    [`/p/${other}/${streamId}/manifest.m3u8`, 403, 'playback_token_invalid'],
    [`/p/${expired}/${streamId}/manifest.m3u8`, 403, 'playback_token_expired'],
    [`/p/${token}/${streamId}/../../../bootstrap.json`, 404, 'not_found'],
    [`/p/${token}/${streamId}/v0/..%2f..%2f..%2fbootstrap.json`, 404, 'not_found'],
    [`/p/${token}/..%2f..%2fbootstrap.json`, 404, 'not_found'],
    [`/p/${token}/${streamId}/v0/%00.m4s`, 404, 'not_found'],
    [`/p/${token}/${streamId}/timeline.jsonl`, 404, 'not_found'],
    ['/p//////', 404, 'not_found'],
    [`${playlist}?_HLS_msn=abc`, 400, 'delivery_directive_invalid'],
    [`${playlist}?_HLS_msn=-1`, 400, 'delivery_directive_invalid'],
    [`${playlist}?_HLS_msn=1e9`, 400, 'delivery_directive_invalid'],
    [`${playlist}?_HLS_msn=99999999999999999999`, 400, 'delivery_directive_invalid'],
    [`${playlist}?_HLS_msn=1000000`, 400, 'delivery_directive_invalid'],
    [`${playlist}?_HLS_part=0`, 400, 'delivery_directive_invalid'],
    [`${playlist}?x=${'y'.repeat(9000)}`, 404, 'not_found'],
  ];
  for (const [target, status, code] of cases) assertProblem(await ask(server, target), status, code, target.slice(0, 200));
  assertProblem(await ask(server, playlist, { method: 'DELETE' }), 405, 'method_not_allowed', 'DELETE');
  assert.equal((await ask(server, playlist, { headers: { 'x-huge': 'y'.repeat(20_000) } })).status, 431);
  const secrets = await readFile(`${server.dataFolder}/bootstrap.json`, 'utf8');
  for (const target of ['/../../bootstrap.json', '/..%2f..%2fbootstrap.json', '/%2e%2e/%2e%2e/etc/passwd', '/assets/../../../etc/passwd']) {
    const { status, body } = await ask(server, target);
    assert.ok(status < 500, `${target}: ${status}`);
    assert.ok(!body.includes('root:') && body !== secrets, target);
  }
};

const badApiRequests = async ({ server }: Stage): Promise<void> => {
  const post = (body: string, type = 'application/json', target = '/v1/channels'): Promise<Answer> =>
    ask(server, target, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${server.bootstrap.adminToken}`, 'content-type': type },
    });
  assertProblem(await post('{"id":'), 400, 'bad_request', 'half a document');
  assertProblem(await post('[1,2,3]'), 400, 'bad_request', 'a list');
  assertProblem(await post('{"id":17}'), 400, 'bad_request', 'a number for an id');
  assertProblem(await post('{"id":"UPPER CASE"}'), 400, 'bad_request', 'an id with other characters');
  assertProblem(await post('{"id":"x","__proto__":{"admin":true},"constructor":1}'), 400, 'bad_request', 'a prototype');
  assertProblem(await post('{"id":"x","title":"a\\u0000b"}'), 400, 'bad_request', 'a NUL in a text');
  assertProblem(await ask(server, '/v1/streams/%00'), 400, 'bad_request', 'a NUL in an address');
  assertProblem(await post('null'), 400, 'bad_request', 'null');
  assertProblem(await post(''), 400, 'bad_request', 'nothing');
  assertProblem(await post('<id/>', 'text/xml'), 415, 'unsupported_media_type', 'XML');
  assertProblem(await post(`{"id":"${'x'.repeat(2_000_000)}"}`), 413, 'payload_too_large', 'two megabytes');
  assertProblem(await post(`${'['.repeat(20_000)}${']'.repeat(20_000)}`), 400, 'bad_request', 'deep nesting');
  assertProblem(
    await post('{"stream_key":"live_main_1_x"}', 'application/json', '/v1/streams/start'),
    401,
    'key_malformed',
    'a key cut short',
  );
  assertProblem(await ask(server, '/v1/streams/st_nobody'), 404, 'stream_unknown', 'an unknown stream');
  assertProblem(await ask(server, '/v1/nothing'), 404, 'not_found', 'an unknown route');
};

/** Text that looks enough like our addresses to get past the first check. */
const segment = (words: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(...words, '', '.', '..', '%2e%2e', '%00', '%ff', '%', 'p', 'v1', '\\', "'", '"', '{}', '-1', '1e400'),
    fc.string({ unit: fc.constantFrom(...'abz019-_.~%:@!$&()*+,;=/?#[]|<>^`{}'.split('')), maxLength: 40 }),
  );

const fuzz = async (t: TestContext, stage: Stage): Promise<void> => {
  const { server, streamId, token } = stage;
  const seed = testSeed(t);
  const words = [
    token,
    streamId,
    'v0',
    'a0',
    'playlist.m3u8',
    'manifest.m3u8',
    'init-0.mp4',
    '0.m4s',
    '1.0.m4s',
    'streams',
    'channels',
    'main',
    'playback',
    'key',
  ];
  const query = fc.array(
    fc.tuple(fc.constantFrom('_HLS_msn', '_HLS_part', '_HLS_skip', 'token', 'limit', 'x'), segment(['YES', 'v2', '0', '1'])),
    { maxLength: 4 },
  );
  const target = fc
    .tuple(
      fc.constantFrom('/p/', '/v1/', `/p/${token}/${streamId}/`, '/v1/streams/', '/v1/channels/'),
      fc.array(segment(words), { maxLength: 5 }),
      query,
    )
    .map(([prefix, parts, pairs]) => {
      const tail = pairs.map(([name, value]) => `${name}=${value}`).join('&');
      // Blanks and controls would end the request line; that is the parser's matter, further down.
      return `${prefix}${parts.join('/')}${tail === '' ? '' : `?${tail}`}`.replaceAll(/[\s\p{Cc}]/gu, '');
    });
  const json = fc.option(fc.oneof(fc.json({ maxDepth: 3 }), fc.string({ maxLength: 60 })), { nil: undefined });
  const request = fc.tuple(fc.constantFrom('GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'PUT'), target, json, fc.boolean());
  await fc.assert(
    fc.asyncProperty(request, async ([method, path, body, admin]) => {
      // A blocked reload is right to wait; here it would only cost time.
      fc.pre(!/_HLS_msn=\d+/.test(path));
      const headers = {
        'content-type': 'application/json',
        ...(admin ? { authorization: `Bearer ${server.bootstrap.adminToken}` } : {}),
      };
      const answer = await ask(server, path, { method, headers, ...(body === undefined ? {} : { body }) });
      assert.ok(answer.status < 500, `${method} ${path} ${body ?? ''}: ${answer.status} ${answer.body.slice(0, 300)}`);
    }),
    { seed, numRuns: 100_000, interruptAfterTimeLimit: 8_000, markInterruptAsFailure: false },
  );
  assert.ok((await ask(server, '/healthz')).status === 200);
};

/** Requests as proxies and scanners garble them, and what the first line of the answers must be. */
const oddities = async (t: TestContext, { server, playlist }: Stage): Promise<void> => {
  const port = Number(new URL(server.api).port);
  const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['two requests in one packet', `${get('/healthz')}${get(playlist)}`, /^HTTP\/1\.1 200[\s\S]+HTTP\/1\.1 200[\s\S]+#EXTM3U/],
    [
      'both ways to give a length',
      'POST /v1/streams/stop HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      /^HTTP\/1\.1 400/,
    ],
    ['two lengths', 'POST /v1/streams/stop HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!', /^HTTP\/1\.1 400/],
    ['a broken chunk', 'POST /v1/streams/stop HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n', /^HTTP\/1\.1 400/],
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.0\r\n', /^HTTP\/1\.1 400/],
    ['a version from the future', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 (400|505)/],
    ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400/],
    ['a target that is a whole URL', `${get('http://elsewhere/healthz')}`, /^HTTP\/1\.1 (200|400|404)/],
    [
      'a body with GET',
      `GET ${playlist} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody${get('/healthz')}`,
      /^HTTP\/1\.1 200[\s\S]+HTTP\/1\.1 200/,
    ],
    ['CONNECT', 'CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere:443\r\n\r\n', /^(HTTP\/1\.1 4\d\d|$)/],
    [
      'an upgrade that nobody offers',
      `GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
      /^HTTP\/1\.1 (200|400|426)/,
    ],
  ];
  for (const [name, bytes, expected] of cases) {
    const peer = await RawPeer.open(t, port);
    peer.send(bytes);
    await eventually(name, 5_000, () => {
      if (!expected.test(peer.text) || (peer.text === '' && !peer.over)) throw new Error(peer.text.slice(0, 300));
      return true;
    });
    peer.socket.destroy();
  }
};

const BLOCKED = 2000;
/** The viewer that watches all the while. */
const OTHER_WAITERS = 10;
const ROOM_MIB = 40;

const blocked = async (server: Headend): Promise<number> => (await scrape(server)).get('headend_blocked_requests') ?? Number.NaN;

/** The stream has a publisher that has fallen silent, so that its playlists stand still and every reload waits. */
const blockedCrowd = async (t: TestContext, { server }: Stage): Promise<void> => {
  const folder = await temporaryFolder(t, 'tags');
  const tags = await makeTags(t, folder, 'silent', { seconds: 8, frameRate: '25' });
  const channel = await createChannel(server, 'silent');
  const publisher = await connectPublisher(t, server.bootstrap.urls.rtmp, channel.streamKey);
  await playTags(publisher, looped(tags, 8, 8000), { speed: 20 });
  const { id } = await liveOn(server, channel.id);
  const viewer = await LiveViewer.watch(t, server, id);
  await viewer.stop();
  const target = new URL([...viewer.client.followers.values()][0]?.url ?? '');
  const port = Number(target.port);
  const before = await memoryInUse(server);
  const peers = await Promise.all(Array.from({ length: BLOCKED }, () => RawPeer.open(t, port)));
  for (const peer of peers) peer.send(`GET ${target.pathname}?_HLS_msn=${viewer.msn + 1} HTTP/1.1\r\nHost: x\r\n\r\n`);
  assert.equal((await ask(server, target.pathname)).status, 200, 'others are answered at once');
  await eventually('all of them wait', 10_000, async () => (await blocked(server)) >= BLOCKED);
  const waiting = await memoryInUse(server);
  assert.ok(peers.every(({ received }) => received.length === 0));
  for (const peer of peers) peer.socket.destroy();
  await eventually('none of them waits', 10_000, async () => (await blocked(server)) < OTHER_WAITERS);
  const after = await settledMemory(server, before + ROOM_MIB);
  t.diagnostic(`${BLOCKED} blocked requests: ${[before, waiting, after].map((mib) => mib.toFixed(1)).join(' → ')} MiB in use`);
};

/** A client that stands still loses its connection after this long without a byte taken (origin/exchange.ts). */
const DRAIN_TIMEOUT_MS = 30_000;
const PIPELINED = 24;
const ESTABLISHED = '01';

const hexPort = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

/** Whether the server still holds its end of this connection open. A client that reads nothing would not notice the end itself. */
const heldByServer = async (serverPort: number, clientPort: number): Promise<boolean> =>
  (await readFile('/proc/net/tcp', 'utf8'))
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .some(
      ([, local, remote, state]) =>
        local?.endsWith(`:${hexPort(serverPort)}`) === true &&
        remote?.endsWith(`:${hexPort(clientPort)}`) === true &&
        state === ESTABLISHED,
    );

/** Asks for the same 6 Mb/s segment many times over one connection, more than all buffers between us take, and reads as told. */
const slowReader = async (t: TestContext, port: number, segmentPath: string, bytesPerSecond: number): Promise<RawPeer> => {
  const peer = await RawPeer.open(t, port);
  peer.socket.pause();
  peer.send(Array.from({ length: PIPELINED }, () => `GET ${segmentPath} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''));
  if (bytesPerSecond === 0) return peer;
  const timer = setInterval(() => peer.socket.read(Math.min(bytesPerSecond, peer.socket.readableLength)), 1000);
  afterwards(t, () => clearInterval(timer));
  return peer;
};

/** Noise, so that the small picture really takes its bits. */
const SIX_MEGABITS = [
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p', '-g', '50'],
  ...['-vf', 'noise=alls=100:allf=t', '-b:v', '6M', '-minrate', '6M', '-maxrate', '6M', '-bufsize', '6M'],
];

test('bad input over HTTP', { skip: missing('ffmpeg'), timeout: 170_000 }, async (t) => {
  const folder = await temporaryFolder(t, 'clip');
  const clip = await makeClip(t, folder, 'clip', { ...SEAMLESS, video: SIX_MEGABITS });
  const server = await startHeadend(t);
  const encoder = publishFile(t, clip, server.publishUrl, { loop: true });
  const { id: streamId } = await server.liveStream();
  const viewer = await LiveViewer.watch(t, server, streamId);
  const [follower] = viewer.client.followers.values();
  assert.ok(follower !== undefined);
  await viewer.advances(1);
  const { pathname: playlist, port: portText } = new URL(follower.url);
  const port = Number(portText);
  const stage: Stage = { server, streamId, playlist, token: playlist.split('/')[2] ?? '' };

  const newest = (await follower.refresh()).playlist.segments.at(-1);
  const segmentPath = new URL(newest?.uri ?? '', follower.url).pathname;
  const size = (await (await fetch(new URL(segmentPath, server.api))).arrayBuffer()).byteLength;
  t.diagnostic(`a segment has ${size} bytes`);
  const slow = await Promise.all([0, 0, 10_000, 10_000, 10_000].map((rate) => slowReader(t, port, segmentPath, rate)));
  const still = slow.slice(0, 2);
  const standingSince = performance.now();

  await t.test('media addresses: tokens, paths, directives, headers', () => badMediaRequests(stage));
  await t.test('API: bodies of the wrong kind are answered with problem documents', () => badApiRequests(stage));
  await t.test('HTTP/1.1 oddities', (t) => oddities(t, stage));
  await t.test('random requests never meet a failure of ours', (t) => fuzz(t, stage));
  await t.test(`${BLOCKED} blocked requests that are given up leave nothing behind`, (t) => blockedCrowd(t, stage));
  await t.test(
    'slow readers: the others are served meanwhile, and one that stands still is cut',
    { skip: process.platform !== 'linux' },
    async (t) => {
      const started = performance.now();
      assert.equal((await (await fetch(new URL(segmentPath, server.api))).arrayBuffer()).byteLength, size);
      t.diagnostic(`another client has the segment after ${Math.round(performance.now() - started)} ms`);
      for (const peer of still) {
        await eventually('the server gives up on a reader that stands still', DRAIN_TIMEOUT_MS + 15_000, async () => {
          const { localPort = 0 } = peer.socket;
          return !(await heldByServer(port, localPort));
        });
      }
      t.diagnostic(`cut after ${Math.round((performance.now() - standingSince) / 1000)} s at the latest`);
      for (const peer of slow) peer.socket.destroy();
    },
  );

  await viewer.advances(1);
  assert.ok(encoder.running, encoder.output);
  assertConformant(viewer.client);
  assert.deepEqual(viewer.failures, []);
  assert.doesNotMatch(server.program.output, /by a bug of ours|packager failed|unexpected/);
  assert.equal((await fetch(`${server.api}/v1/channels/main`, asAdmin(server, 'GET'))).status, 200);
});
