// The API as its clients see it: answers, refusals as problem documents, who may do what, and the same over HTTP/2.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type ServerHttp2Session } from 'node:http2';
import { describe, it, type TestContext } from 'node:test';
import { errorRegistry } from '@headend/core';
import Schema from 'typebox/schema';
import { createMetrics } from '../../observe/index.ts';
import { type BenchOptions, makeControl, silentLog, WINDOW_MS } from '../control.fixture.ts';
import type { ApiDeps } from './context.ts';
import { createApi, routeToApi } from './create-api.ts';
import { MAX_FAILURES } from './failure-limit.ts';

const EXTERNAL = { remoteAddress: '203.0.113.9', headers: { host: 'live.example.org' } };

const makeApi = async (t: TestContext, options: BenchOptions & Partial<ApiDeps> = {}) => {
  const bench = await makeControl(t, options);
  const metrics = createMetrics();
  const api = createApi({
    control: bench.control,
    metrics,
    log: silentLog,
    publicUrl: '',
    trustedProxies: [],
    tokenTtlMs: 3_600_000,
    listeners: () => ({ http: 8080, https: null, rtmp: 1935, rtmps: null }),
    readiness: async () => ({ rtmp: { ok: true } }),
    viewers: () => 3,
    version: '1.2.3',
    ...options,
  });
  await api.ready();
  t.after(async () => {
    await api.close();
    await bench.control.close();
    metrics.close();
  });
  const token = bench.control.first.adminToken ?? '';
  const key = bench.control.first.streamKey;
  type Call = {
    method?: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'OPTIONS';
    body?: object;
    admin?: boolean;
    headers?: Record<string, string>;
    from?: string;
  };
  const call = async (url: string, { method = 'GET', body, admin, headers = {}, from = EXTERNAL.remoteAddress }: Call = {}) => {
    const response = await api.inject({
      url,
      method,
      remoteAddress: from,
      headers: { ...EXTERNAL.headers, ...headers, ...(admin === true ? { authorization: `Bearer ${token}` } : {}) },
      ...(body === undefined ? {} : { payload: body }),
    });
    const json = /json/.test(String(response.headers['content-type'])) ? response.json() : undefined;
    return { status: response.statusCode, headers: response.headers, text: response.body, json };
  };
  const publish = async () => {
    const grant = await bench.control.gate.open('main', 'rtmp');
    assert.ok(grant.ok);
    bench.control.gate.live(grant.value.streamId);
    return grant.value;
  };
  return { ...bench, api, call, token, key, publish };
};

const assertProblem = (
  response: { status: number; headers: Record<string, unknown>; json: unknown },
  code: keyof typeof errorRegistry,
): void => {
  assert.match(String(response.headers['content-type']), /^application\/problem\+json/);
  const problem = response.json;
  assert.ok(
    typeof problem === 'object' &&
      problem !== null &&
      'code' in problem &&
      'status' in problem &&
      'type' in problem &&
      'request_id' in problem,
  );
  assert.equal(problem.code, code);
  assert.equal(response.status, errorRegistry[code].status);
  assert.equal(problem.status, response.status);
  assert.equal(problem.type, `urn:headend:error:${code}`);
  assert.equal(problem.request_id, response.headers['x-request-id'] ?? problem.request_id);
};

describe('streams over the API', () => {
  it('start, attach, list, read and stop', async (t) => {
    const { call, key, control, publish } = await makeApi(t);
    const started = await call('/v1/streams/start', { method: 'POST', body: { stream_key: key } });
    assert.equal(started.status, 200);
    assert.deepEqual(started.json.ingest_urls, { rtmp: 'rtmp://live.example.org:1935/live', rtmps: null, srt: null, whip: null });
    assert.equal(started.json.limits.max_width, 3840);
    const grant = await publish();
    assert.deepEqual([grant.streamId, grant.sessionId], [started.json.stream_id, started.json.session_id]);
    const listed = await call('/v1/streams?state=live');
    assert.deepEqual(
      listed.json.streams.map((stream: { id: string; viewers: number }) => [stream.id, stream.viewers]),
      [[grant.streamId, 3]],
    );
    await control.renditions.replace(grant.streamId, [
      { streamId: grant.streamId, profile: 'v0', codec: 'h264', bitrate: 1, resolution: '2x2', keyframeInterval: 2 },
    ]);
    const [open, full] = [await call(`/v1/streams/${grant.streamId}`), await call(`/v1/streams/${grant.streamId}`, { admin: true })];
    assert.equal(open.json.renditions[0].profile, 'v0');
    assert.deepEqual([open.json.session_id, open.json.health], [undefined, undefined]);
    assert.deepEqual([full.json.session_id, full.json.health], [grant.sessionId, []]);
    const stopped = await call('/v1/streams/stop', { method: 'POST', body: { stream_id: grant.streamId, stream_key: key } });
    assert.deepEqual([stopped.status, stopped.json.state], [200, 'ended']);
    assert.equal((await call('/v1/streams/stop', { method: 'POST', body: { stream_id: grant.streamId }, admin: true })).status, 200);
    assert.equal((await call(`/v1/streams/${grant.streamId}`)).json.state, 'ended');
  });

  it('page through what has ended', async (t) => {
    const { call, control, publish, clock } = await makeApi(t);
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { streamId } = await publish();
      ids.unshift(streamId);
      await control.streams.stop(streamId);
      await clock.advance(1_000);
    }
    const first = await call('/v1/streams?limit=2&channel_id=main');
    const second = await call(`/v1/streams?limit=2&cursor=${first.json.next_cursor}`);
    const third = await call(`/v1/streams?limit=2&state=ended&cursor=${second.json.next_cursor}`);
    const seen = [first, second, third].flatMap((page) => page.json.streams.map(({ id }: { id: string }) => id));
    assert.deepEqual(seen, ids);
    assert.equal(third.json.next_cursor, null);
    assert.deepEqual((await call('/v1/streams?state=open')).json.streams, []);
  });

  it('are refused with the code that fits', async (t) => {
    const { call, key, control, publish } = await makeApi(t);
    const start = (body: object) => call('/v1/streams/start', { method: 'POST', body });
    assertProblem(await start({ stream_key: 'nonsense' }), 'key_malformed');
    assertProblem(await start({ stream_key: key.replace('_1_', '_2_') }), 'key_invalid');
    const incomplete = await start({ extra: 1 });
    assertProblem(incomplete, 'bad_request');
    assert.deepEqual(incomplete.json.fields, { stream_key: 'is missing', extra: 'is not known here' });
    const { streamId } = await publish();
    assertProblem(await start({ stream_key: key }), 'publisher_active');
    assertProblem(await call('/v1/streams/stop', { method: 'POST', body: { stream_id: streamId } }), 'unauthorized');
    assertProblem(await call('/v1/streams/stop', { method: 'POST', body: { stream_id: 'st_1' }, admin: true }), 'bad_request');
    await control.channels.create('other', {});
    const foreign = control.channels.streamKey('other');
    assert.ok(foreign.ok);
    assertProblem(
      await call('/v1/streams/stop', { method: 'POST', body: { stream_id: streamId, stream_key: foreign.value } }),
      'stream_unknown',
    );
    await control.rotateKey('main');
    assertProblem(await start({ stream_key: key }), 'key_revoked');
    assertProblem(await call('/v1/streams/st_none'), 'stream_unknown');
    assertProblem(await call('/v1/streams?limit=1000'), 'bad_request');
    assertProblem(await call('/v1/streams?colour=red'), 'bad_request');
  });

  it('are unavailable, not broken, while the store fails', async (t) => {
    const { call, key, store } = await makeApi(t);
    store.failing = true;
    assertProblem(await call('/v1/streams/start', { method: 'POST', body: { stream_key: key } }), 'unavailable');
    assert.equal((await call('/readyz')).status, 503);
    store.failing = false;
  });
});

describe('playback over the API', () => {
  it('gives a token and media URLs, and the manifest address leads there', async (t) => {
    const { call, control, publish, clock } = await makeApi(t);
    const { streamId } = await publish();
    const playback = await call(`/v1/streams/${streamId}/playback`, { method: 'POST' });
    assert.equal(playback.status, 200);
    const { hls, dash, whep, token, expires_at } = playback.json;
    assert.deepEqual([hls, dash, whep], [`http://live.example.org/p/${token}/${streamId}/manifest.m3u8`, null, null]);
    const claims = control.tokens.verify(token, clock.now());
    assert.ok(claims.ok);
    assert.deepEqual([claims.value.streamId, new Date(claims.value.expiresAt).toISOString()], [streamId, expires_at]);
    const redirect = await call(`/v1/streams/${streamId}/manifest.m3u8?token=${token}`);
    assert.deepEqual([redirect.status, redirect.headers['location']], [302, `/p/${token}/${streamId}/manifest.m3u8`]);
    assertProblem(await call(`/v1/streams/${streamId}/manifest.m3u8`), 'playback_token_invalid');
    assertProblem(await call(`/v1/streams/${streamId}/manifest.m3u8?token=p1.x`), 'playback_token_invalid');
    assertProblem(await call(`/v1/streams/st_other/manifest.m3u8?token=${token}`), 'playback_token_invalid');
    await clock.advance(3_600_000);
    assertProblem(await call(`/v1/streams/${streamId}/manifest.m3u8?token=${token}`), 'playback_token_expired');
  });

  it('uses the public URL when one is configured, and refuses what is not live', async (t) => {
    const { call, control, publish, clock } = await makeApi(t, { publicUrl: 'https://live.example.net' });
    const { streamId, sessionId } = await publish();
    const playback = await call(`/v1/streams/${streamId}/playback`, { method: 'POST' });
    assert.ok(playback.json.hls.startsWith('https://live.example.net/p/'));
    assert.equal((await call('/v1/ingest')).json.rtmp, 'rtmp://live.example.net:1935/live');
    control.gate.closed(streamId, sessionId, { clean: true, code: 'closed' });
    assert.equal((await call(`/v1/streams/${streamId}/playback`, { method: 'POST' })).status, 200);
    await clock.advance(WINDOW_MS);
    assertProblem(await call(`/v1/streams/${streamId}/playback`, { method: 'POST' }), 'stream_not_live');
    assertProblem(await call('/v1/streams/st_none/playback', { method: 'POST' }), 'stream_unknown');
  });

  it('asks for a login where the channel does', async (t) => {
    const { call, publish } = await makeApi(t);
    const { streamId } = await publish();
    await call('/v1/channels/main', { method: 'PATCH', body: { entitlements: { login_required: true } }, admin: true });
    assertProblem(await call(`/v1/streams/${streamId}/playback`, { method: 'POST' }), 'playback_login_required');
    assert.equal((await call(`/v1/streams/${streamId}/playback`, { method: 'POST', admin: true })).status, 200);
    assert.equal((await call('/v1/channels/main')).json.anonymous_playback, false);
  });
});

describe('channels over the API', () => {
  it('show the public facts to all and the rest to administrators', async (t) => {
    const { call, publish } = await makeApi(t);
    const { streamId } = await publish();
    const open = await call('/v1/channels/main');
    assert.deepEqual(Object.keys(open.json).sort(), ['anonymous_playback', 'category', 'created_at', 'id', 'stream', 'title']);
    assert.deepEqual([open.json.stream.id, open.json.stream.state, open.json.stream.viewers], [streamId, 'live', 3]);
    assert.equal((await call('/v1/channels/main', { admin: true })).json.policy.max_width, 3840);
    assert.deepEqual(
      (await call('/v1/channels')).json.channels.map(({ id }: { id: string }) => id),
      ['main'],
    );
    assertProblem(await call('/v1/channels/none'), 'not_found');
  });

  it('are created and changed by administrators only', async (t) => {
    const { call, control } = await makeApi(t);
    assertProblem(await call('/v1/channels', { method: 'POST', body: { id: 'new' } }), 'unauthorized');
    const created = await call('/v1/channels', { method: 'POST', body: { id: 'new', title: 'New' }, admin: true });
    assert.deepEqual([created.status, created.headers['location'], created.json.title], [201, '/v1/channels/new', 'New']);
    assertProblem(await call('/v1/channels', { method: 'POST', body: { id: 'new' }, admin: true }), 'conflict');
    assertProblem(await call('/v1/channels', { method: 'POST', body: { id: 'No_Good' }, admin: true }), 'bad_request');
    assertProblem(await call('/v1/channels', { method: 'POST', body: { id: 'nul', title: 'a\u0000b' }, admin: true }), 'bad_request');
    assertProblem(await call('/v1/streams/%00'), 'bad_request');
    const changed = await call('/v1/channels/new', {
      method: 'PATCH',
      body: { title: 'Renamed', policy: { max_height: 1080 } },
      admin: true,
    });
    assert.deepEqual([changed.json.title, changed.json.policy.max_height, changed.json.policy.max_width], ['Renamed', 1080, 3840]);
    assert.equal(control.channels.get('new')?.policy.maxHeight, 1080);
    const wrong = await call('/v1/channels/new', { method: 'PATCH', body: { policy: { max_height: 'tall', depth: 3 } }, admin: true });
    assertProblem(wrong, 'bad_request');
    assert.deepEqual(Object.keys(wrong.json.fields).sort(), ['policy.depth', 'policy.max_height']);
    assertProblem(await call('/v1/channels/new', { method: 'PATCH', body: { entitlements: { geo: ['DE'] } }, admin: true }), 'bad_request');
    assertProblem(await call('/v1/channels/none', { method: 'PATCH', body: {}, admin: true }), 'not_found');
  });

  it('hand out and rotate their key to administrators only', async (t) => {
    const { call, key } = await makeApi(t);
    assertProblem(await call('/v1/channels/main/key'), 'unauthorized');
    assertProblem(await call('/v1/channels/main/key/rotate', { method: 'POST' }), 'unauthorized');
    assert.equal((await call('/v1/channels/main/key', { admin: true })).json.stream_key, key);
    const rotated = await call('/v1/channels/main/key/rotate', { method: 'POST', admin: true });
    assert.match(rotated.json.stream_key, /^live_main_2_/);
    assert.equal((await call('/v1/channels/main/key', { admin: true })).json.key_version, 2);
    assertProblem(await call('/v1/channels/none/key', { admin: true }), 'not_found');
  });
});

describe('access', () => {
  it('refuses a wrong credential also where none is needed, and an address that keeps guessing', async (t) => {
    const { call, token, clock } = await makeApi(t);
    const wrong = { authorization: 'Bearer hadm_wrong' };
    for (let i = 0; i < MAX_FAILURES; i++) assertProblem(await call('/v1/streams', { headers: wrong }), 'unauthorized');
    const limited = await call('/v1/streams', { headers: { authorization: `Bearer ${token}` } });
    assertProblem(limited, 'rate_limited');
    assert.ok(Number(limited.headers['retry-after']) > 0);
    assert.equal((await call('/v1/streams')).status, 200);
    assert.equal((await call('/v1/streams', { admin: true, from: '203.0.113.10' })).status, 200);
    await clock.advance(60_000);
    assert.equal((await call('/v1/streams', { admin: true })).status, 200);
  });

  it('tells a local operator from everybody else', async (t) => {
    const { call } = await makeApi(t);
    const local = async (from: string, headers: Record<string, string>) => (await call('/v1/ingest', { from, headers })).json.local;
    assert.equal(await local('127.0.0.1', { host: 'localhost:8080' }), true);
    assert.equal(await local('::1', { host: '[::1]:8080' }), true);
    assert.equal(await local('::ffff:127.0.0.1', { host: '127.0.0.1' }), true);
    assert.equal(await local('127.0.0.1', { host: 'evil.example' }), false);
    assert.equal(await local('127.0.0.1', { host: 'localhost', 'x-forwarded-for': '1.2.3.4' }), false);
    assert.equal(await local('127.0.0.1', { host: 'localhost', forwarded: 'for=1.2.3.4' }), false);
    assert.equal(await local('203.0.113.9', { host: 'localhost' }), false);
  });

  it('shows metrics on the machine itself and to administrators', async (t) => {
    const { call } = await makeApi(t);
    assertProblem(await call('/metrics'), 'unauthorized');
    const scraped = await call('/metrics', { from: '127.0.0.1', headers: { host: 'localhost' } });
    assert.match(scraped.text, /headend_http_requests_total\{method="GET",route="\/metrics",status="401"\} 1/);
    assert.equal((await call('/metrics', { admin: true })).status, 200);
  });
});

describe('everything else', () => {
  it('is a problem document', async (t) => {
    const { call, api } = await makeApi(t);
    assertProblem(await call('/nowhere'), 'not_found');
    const wrongMethod = await call('/v1/streams/st_1', { method: 'DELETE' });
    assertProblem(wrongMethod, 'method_not_allowed');
    assert.equal(wrongMethod.headers['allow'], 'GET, HEAD');
    const post = (payload: string, type: string) =>
      api.inject({ method: 'POST', url: '/v1/streams/start', payload, headers: { 'content-type': type } });
    for (const [payload, type, code] of [
      ['{"stream_key":', 'application/json', 'bad_request'],
      ['', 'application/json', 'bad_request'],
      ['{"__proto__":{"x":1}}', 'application/json', 'bad_request'],
      ['[]', 'application/json', 'bad_request'],
      ['x', 'text/html', 'unsupported_media_type'],
      [JSON.stringify({ stream_key: 'x'.repeat(70_000) }), 'application/json', 'payload_too_large'],
    ] as const) {
      const response = await post(payload, type);
      assertProblem({ status: response.statusCode, headers: response.headers, json: response.json() }, code);
    }
  });

  it('never shows an internal failure', async (t) => {
    const { call } = await makeApi(t, { viewers: () => assert.fail('secret detail') });
    const { call: other, publish } = await makeApi(t, { viewers: () => assert.fail('secret detail') });
    await publish();
    const broken = await other('/v1/channels');
    assertProblem(broken, 'internal');
    assert.doesNotMatch(broken.text, /secret detail/);
    assert.equal((await call('/healthz')).status, 200);
  });

  it('can be called from pages of other sites where it is public', async (t) => {
    const { call } = await makeApi(t);
    assert.equal((await call('/v1/channels')).headers['access-control-allow-origin'], '*');
    const preflight = await call('/v1/streams/st_1/playback', { method: 'OPTIONS' });
    assert.deepEqual([preflight.status, preflight.headers['access-control-allow-methods']], [204, 'POST']);
    assert.equal((await call('/v1/channels/main/key', { admin: true })).headers['access-control-allow-origin'], undefined);
    assertProblem(await call('/v1/streams/start', { method: 'OPTIONS' }), 'method_not_allowed');
  });

  it('is described by an OpenAPI document that names every route', async (t) => {
    const { call } = await makeApi(t);
    const { json } = await call('/docs/json');
    const paths = [
      '/v1/streams',
      '/v1/streams/{id}',
      '/v1/streams/start',
      '/v1/streams/stop',
      '/v1/streams/{id}/playback',
      '/v1/channels/{id}/key/rotate',
      '/healthz',
    ];
    for (const path of paths) assert.ok(path in json.paths, path);
    assert.equal(json.info.version, '1.2.3');
    assert.match((await call('/docs/')).text, /swagger-ui/);
  });

  it('answers with what the document promises', async (t) => {
    const { call, publish } = await makeApi(t);
    const { streamId } = await publish();
    const { json } = await call('/docs/json');
    for (const [path, template] of [
      ['/v1/streams', '/v1/streams'],
      [`/v1/streams/${streamId}`, '/v1/streams/{id}'],
      ['/v1/channels/main', '/v1/channels/{id}'],
      ['/v1/ingest', '/v1/ingest'],
      ['/readyz', '/readyz'],
    ] as const) {
      const schema = json.paths[template].get.responses['200'].content['application/json'].schema;
      for (const admin of [false, true]) {
        const answer = (await call(path, { admin })).json;
        assert.ok(Schema.Check(schema, answer), `${path}: ${JSON.stringify(Schema.Errors(schema, answer))}`);
      }
    }
  });

  it('is the same over HTTP/2', async (t) => {
    const { api, publish } = await makeApi(t);
    const { streamId } = await publish();
    const server = createServer((request, response) => routeToApi(api, request, response));
    const sessions = new Set<ServerHttp2Session>();
    server.on('session', (session) => sessions.add(session));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const client = connect(`http://127.0.0.1:${address.port}`);
    t.after(() => {
      client.destroy();
      for (const session of sessions) session.destroy();
      server.close();
    });
    const ask = async (headers: Record<string, string>, body?: string) => {
      const stream = client.request(headers);
      stream.end(body);
      const [head] = await once(stream, 'response');
      let text = '';
      for await (const chunk of stream) text += String(chunk);
      return { status: head[':status'], json: JSON.parse(text) };
    };
    const ingest = await ask({ ':path': '/v1/ingest' });
    assert.deepEqual([ingest.status, ingest.json.local, ingest.json.rtmp], [200, true, 'rtmp://127.0.0.1:1935/live']);
    const playback = await ask({ ':path': `/v1/streams/${streamId}/playback`, ':method': 'POST' });
    assert.ok(playback.json.hls.startsWith(`http://127.0.0.1:${address.port}/p/`));
    const refused = await ask({ ':path': '/v1/streams/start', ':method': 'POST', 'content-type': 'application/json' }, '{}');
    assert.deepEqual([refused.status, refused.json.code], [400, 'bad_request']);
    assert.equal((await ask({ ':path': '/nowhere' })).json.code, 'not_found');
  });
});
