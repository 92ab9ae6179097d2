// What cannot be watched says why, with a code to quote, instead of turning forever; and a playback link that expires is not noticed.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { asAdmin, createChannel, liveOn } from '../kit/channels.ts';
import { eventually } from '../kit/eventually.ts';
import { startHeadend } from '../kit/headend.ts';
import { missingForBrowser, openBrowser, WatchPage } from './browser.ts';
import { publishDemo } from './demo.ts';

/** What the page is told a link lives; it renews at half of that. */
const SHORT_LIFE_MS = 6_000;
/** The browser's own words about an answer that is a refusal. */
const REFUSED_REQUEST = /Failed to load resource/;

test('what cannot be watched', { skip: missingForBrowser() }, async (t) => {
  const server = await startHeadend(t);
  const browser = await openBrowser(t);
  const open = (each: TestContext, path: string): Promise<WatchPage> => WatchPage.open(each, browser, new URL(path, server.api).href);

  await t.test('an unknown channel', async (each) => {
    const watch = await open(each, '/watch/nobody');
    const { text } = await watch.says(/no such channel/);
    assert.match(text, /Code: not_found/);
    await watch.assertAccessible();
    await watch.assertClean(REFUSED_REQUEST);
  });

  await t.test('an address that leads nowhere', async (each) => {
    const watch = await open(each, '/no/such/page');
    await watch.says(/nothing at this address/);
    await watch.assertAccessible();
    await watch.assertClean(REFUSED_REQUEST);
  });

  await t.test('a channel that asks for a login', async (each) => {
    const { id, streamKey } = await createChannel(server, 'members');
    await server.json(`/v1/channels/${id}`, asAdmin(server, 'PATCH', { entitlements: { login_required: true } }));
    const demo = publishDemo(each, server, { streamKey, size: '320x180' });
    await liveOn(server, id);
    const watch = await open(each, `/watch/${id}`);
    const { state, spinner, cover } = await watch.says(/asks its viewers to log in/);
    assert.deepEqual([state, spinner], ['error', false]);
    assert.match(cover ?? '', /Code: playback_login_required/);
    await watch.assertAccessible();
    await watch.assertClean(REFUSED_REQUEST);
    await demo.stop('SIGINT');
  });

  await t.test('a codec that the browser lacks', async (each) => {
    const { id, streamKey } = await createChannel(server, 'hevc');
    const demo = publishDemo(each, server, { streamKey, codec: 'hevc', size: '320x180' });
    await liveOn(server, id, 40_000);
    const watch = await open(each, `/watch/${id}`);
    if (await watch.page.evaluate<boolean>(`MediaSource.isTypeSupported('video/mp4; codecs="hvc1.1.6.L93.B0"')`)) {
      each.skip('this Chromium decodes HEVC');
      return;
    }
    const { state, spinner, cover } = await watch.says(/browser cannot decode/);
    assert.deepEqual([state, spinner], ['error', false]);
    assert.match(cover ?? '', /Code: \w*codec\w*/);
    await watch.assertAccessible();
    await demo.stop('SIGINT');
  });

  await t.test('a playback link is renewed unnoticed before it expires, and at once when it was refused', async (each) => {
    publishDemo(each, server);
    await server.liveStream();
    const watch = await WatchPage.blank(each, browser);
    await watch.page.route('**/playback', async (route) => {
      const response = await route.fetch();
      await route.fulfill({
        response,
        json: { ...(await response.json()), expires_at: new Date(Date.now() + SHORT_LIFE_MS).toISOString() },
      });
    });
    await watch.page.goto(server.bootstrap.urls.watch, { waitUntil: 'commit' });
    await watch.advances(SHORT_LIFE_MS / 1000);
    await eventually('the link was renewed', SHORT_LIFE_MS, () => tokensOf(watch).length >= 2);
    // A renewal may be on its way through the handler at this very moment: it is let through to its end.
    await watch.page.unrouteAll({ behavior: 'wait' });
    await watch.advances(1);
    await watch.assertClean();

    const expired = tokensOf(watch);
    await watch.page.route(
      (url) => expired.some((token) => url.pathname.startsWith(`/p/${token}/`)),
      (route) => route.fulfill({ status: 403, contentType: 'application/problem+json', body: '{"code":"playback_token_expired"}' }),
    );
    await watch.advances(4);
    assert.ok(watch.requests.some(({ status }) => status === 403));
    const quiet = (await watch.states()).every(({ kind }) => kind !== 'error' && kind !== 'lost');
    assert.ok(quiet, JSON.stringify(await watch.states()));
    assert.equal((await watch.look()).cover, null);
  });
});

const tokensOf = ({ requests }: WatchPage): readonly string[] => [
  ...new Set(requests.flatMap(({ url }) => /\/p\/([^/]+)\//.exec(url)?.[1] ?? [])),
];
