// HTTPS with HTTP/2: one connection carries page, API and every held request.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { startHeadend, temporaryFolder } from '../kit/headend.ts';
import { runProgram } from '../kit/program.ts';
import { missingForBrowser, openBrowser, WatchPage } from './browser.ts';
import { publishDemo } from './demo.ts';

type Loaded = { readonly name: string; readonly nextHopProtocol: string };

test('the page plays over HTTPS and HTTP/2', { skip: missingForBrowser('openssl') }, async (t) => {
  const folder = await temporaryFolder(t, 'certificate');
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await runProgram(t, 'openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert, '-days', '2', ...subject]);
  const env = { HEADEND_HTTPS_CERT: cert, HEADEND_HTTPS_KEY: key, HEADEND_HTTPS_PORT: '0', HEADEND_RTMPS_PORT: '0' };
  const server = await startHeadend(t, { env });
  const url = /https:\/\/[\w.:[\]-]+\//.exec(server.program.output)?.[0];
  assert.ok(url !== undefined, `the panel shows no HTTPS address:\n${server.program.output}`);
  publishDemo(t, server);
  await server.liveStream();
  const watch = await WatchPage.open(t, await openBrowser(t), url, { ignoreHTTPSErrors: true });
  await watch.advances(4);
  const loaded = await watch.page.evaluate<readonly Loaded[]>(
    `performance.getEntriesByType('resource').map(({ name, nextHopProtocol }) => ({ name, nextHopProtocol }))`,
  );
  assert.ok(loaded.some(({ name }) => name.endsWith('.m4s')));
  assert.deepEqual(
    loaded.filter(({ nextHopProtocol }) => nextHopProtocol !== 'h2'),
    [],
  );
  await watch.assertClean();
});
