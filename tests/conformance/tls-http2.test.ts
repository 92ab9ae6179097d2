// With a certificate: ffmpeg publishes by RTMPS, and a viewer gets everything over one HTTP/2 connection: playlists, blocked reloads,
// the hinted part, segments. Node's own HTTP/2 client asks, and curl where it speaks HTTP/2.

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { type ClientHttp2Session, connect } from 'node:http2';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { lastMsn, type ParsedMediaPlaylist, parseMediaPlaylist, parseMultivariant, validateMediaPlaylist } from '@headend/manifest';
import { parseChunks } from '@headend/media';
import { selfSignedCertificate } from '../../packages/rtmp/src/node/testing/certificate.ts';
import { liveOn } from '../kit/channels.ts';
import { afterwards } from '../kit/cleanup.ts';
import { type Headend, startHeadend, temporaryFolder } from '../kit/headend.ts';
import { makeClip, publishFile } from '../kit/media.ts';
import { missing } from '../kit/program.ts';

const execute = promisify(execFile);
const BLOCKED_RELOADS = 5;
const REQUEST_DEADLINE_MS = 15_000;

type Answer = { readonly status: number; readonly type: string; readonly body: Buffer };

const get = (session: ClientHttp2Session, route: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const request = session.request({ ':path': route });
    request.setTimeout(REQUEST_DEADLINE_MS, () => request.destroy(new Error(`no answer to ${route}`)));
    const body: Buffer[] = [];
    let status = 0;
    let type = '';
    request.on('response', (headers) => {
      status = headers[':status'] ?? 0;
      type = headers['content-type'] ?? '';
    });
    request.on('data', (chunk: Buffer) => body.push(chunk));
    request.on('end', () => resolve({ status, type, body: Buffer.concat(body) }));
    request.on('error', reject);
    request.end();
  });

const httpsOrigin = (headend: Headend): string => {
  const [, origin] = /(https:\/\/[^/\s]+)\//.exec(headend.program.output) ?? [];
  assert.ok(origin !== undefined, headend.program.output);
  return origin;
};

const mediaPlaylist = async (session: ClientHttp2Session, route: string): Promise<{ text: string; playlist: ParsedMediaPlaylist }> => {
  const { status, type, body } = await get(session, route);
  const text = body.toString('utf8');
  assert.equal(status, 200, text);
  assert.match(type, /^application\/vnd\.apple\.mpegurl/);
  const playlist = parseMediaPlaylist(text);
  assert.ok(playlist.ok);
  return { text, playlist: playlist.value };
};

/** The hinted part is asked for before it exists and comes with the playlist update that lists it. */
const followOverHttp2 = async (session: ClientHttp2Session, route: string): Promise<ParsedMediaPlaylist> => {
  let { text, playlist } = await mediaPlaylist(session, route);
  for (let i = 0; i < BLOCKED_RELOADS; i++) {
    const hint = playlist.preloadHints.find(({ type }) => type === 'PART');
    assert.ok(hint !== undefined);
    const directives = `_HLS_msn=${lastMsn(playlist) + 1}&_HLS_part=${playlist.open?.parts.length ?? 0}`;
    const [update, part] = await Promise.all([
      mediaPlaylist(session, `${route}?${directives}`),
      get(session, path.posix.join(path.posix.dirname(route), hint.uri)),
    ]);
    assert.equal(part.status, 200);
    assert.equal(part.type, 'video/mp4');
    const chunks = parseChunks(part.body);
    assert.ok(chunks.ok && chunks.value.length === 1);
    const violations = validateMediaPlaylist(update.text, { previous: text });
    assert.deepEqual(violations, []);
    ({ text, playlist } = update);
  }
  return playlist;
};

const certificateFiles = async (t: TestContext): Promise<{ readonly cert: string; readonly key: string }> => {
  const folder = await temporaryFolder(t, 'tls');
  const certificate = await selfSignedCertificate();
  assert.ok(certificate !== undefined);
  const files = { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') };
  await writeFile(files.cert, certificate.cert);
  await writeFile(files.key, certificate.key, { mode: 0o600 });
  return files;
};

const curlSpeaksHttp2 = (): boolean => /\bHTTP2\b/.test(spawnSync('curl', ['--version'], { encoding: 'utf8' }).stdout ?? '');

const readWithCurl = async (url: string): Promise<void> => {
  const { stdout } = await execute('curl', ['-sS', '-k', '--http2', '-o', '/dev/null', '-w', '%{http_version} %{http_code}', url]);
  assert.equal(stdout, '2 200');
};

test('RTMPS in, HTTP/2 out', { skip: missing('ffmpeg', 'openssl') }, async (t) => {
  const { cert, key } = await certificateFiles(t);
  const tls = { HEADEND_HTTPS_CERT: cert, HEADEND_HTTPS_KEY: key, HEADEND_HTTPS_PORT: '0', HEADEND_RTMPS_PORT: '0' };
  const headend = await startHeadend(t, { env: tls });
  const [rtmps] = /rtmps:\/\/\S+/.exec(headend.program.output) ?? [];
  assert.ok(rtmps !== undefined, headend.program.output);
  const clip = await makeClip(t, await temporaryFolder(t, 'clip'), 'tls', { seconds: 20 });
  publishFile(t, clip, `${rtmps}/${headend.bootstrap.streamKey}`);
  const stream = await liveOn(headend, headend.bootstrap.channelId);
  const manifest = new URL(await headend.manifestUrl(stream.id)).pathname;

  const origin = httpsOrigin(headend);
  const session = connect(origin, { rejectUnauthorized: false });
  afterwards(t, () => session.destroy());
  const multivariant = parseMultivariant((await get(session, manifest)).body.toString('utf8'));
  assert.ok(multivariant.ok);
  const folder = path.posix.dirname(manifest);
  const route = path.posix.join(folder, multivariant.value.variants[0]?.uri ?? '');
  const playlist = await followOverHttp2(session, route);
  const newest = playlist.segments.at(-1);
  assert.ok(newest?.map !== undefined);
  for (const uri of [newest.map, newest.uri]) {
    assert.equal((await get(session, path.posix.join(path.posix.dirname(route), uri))).status, 200);
  }
  assert.equal(session.alpnProtocol, 'h2');
  await t.test('curl --http2', { skip: missing('curl') || (curlSpeaksHttp2() ? false : 'this curl has no HTTP/2') }, async () => {
    await readWithCurl(`${origin}${manifest}`);
    await readWithCurl(`${origin}${route}?_HLS_msn=${lastMsn(playlist) + 1}`);
  });
});
