// Somebody opens the watch page while the test signal is on air: picture, sound, words, and a page that is well behaved; then three at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureGlassToGlass } from '@headend/tools/glass-to-glass';
import { asAdmin } from '../kit/channels.ts';
import { eventually } from '../kit/eventually.ts';
import { startHeadend } from '../kit/headend.ts';
import { missingForBrowser, openBrowser, WatchPage } from './browser.ts';
import { publishDemo } from './demo.ts';

const METER_SECONDS = 13;
/** While a player closes in on its target, on cold code. */
const SETTLE_SECONDS = 3;
const MAX_AV_OFFSET_MS = 60;
/** Web vitals call a page still below 0.1; ours reserves every box. */
const MAX_LAYOUT_SHIFT = 0.001;
/** Closing in on the live edge hurries by a few percent. */
const MAX_SPEED_ERROR = 0.1;
const VIEWERS = 3;

/** What the meter's probe collected. */
type Log = {
  readonly stalls: readonly { readonly at: number }[];
  readonly frames: readonly { readonly at: number; readonly mediaTime: number }[];
};

test('the watch page while the test signal is on air', { skip: missingForBrowser() }, async (t) => {
  const server = await startHeadend(t);
  const { watch: url } = server.bootstrap.urls;
  await server.json('/v1/channels/main', asAdmin(server, 'PATCH', { title: 'Test signal' }));
  publishDemo(t, server);
  const browser = await openBrowser(t);
  await server.liveStream();

  await t.test('shows the picture, the title, the live badge and one viewer', async (each) => {
    const watch = await WatchPage.open(each, browser, url);
    const { width, height, text, cover, note } = await watch.advances(3);
    assert.deepEqual([width, height], [640, 360]);
    assert.deepEqual([cover, note], [null, null]);
    assert.match(text, /Test signal/);
    assert.match(text, /^Live$/m);
    assert.match(await watch.page.title(), /^Test signal · /);
    await eventually('the API counts one viewer', 10_000, async () => {
      const { stream } = await server.json<{ readonly stream: { readonly viewers: number } }>('/v1/channels/main');
      return stream.viewers === 1;
    });
    await watch.says(/1 watching/);
    await watch.assertAccessible();
    await watch.assertClean();
    assert.ok((await watch.layoutShift()) < MAX_LAYOUT_SHIFT, `layout shift ${await watch.layoutShift()}`);
  });

  await t.test(`plays ${METER_SECONDS} s without a stall, sound and picture together`, async (each) => {
    const { page, ...watch } = await WatchPage.blank(each, browser, { bypassCSP: true });
    const report = await measureGlassToGlass({ url, seconds: METER_SECONDS, settleSeconds: SETTLE_SECONDS, page });
    each.diagnostic(JSON.stringify(report));
    const { stalls, frames } = await page.evaluate<Log>('headendProbe');
    const settledAt = (frames[0]?.at ?? 0) + SETTLE_SECONDS * 1000;
    assert.deepEqual(
      stalls.filter(({ at }) => at > settledAt),
      [],
    );
    const settled = frames.filter(({ at }) => at > settledAt);
    const [first, last] = [settled[0], settled.at(-1)];
    assert.ok(first !== undefined && last !== undefined);
    const speed = ((last.mediaTime - first.mediaTime) * 1000) / (last.at - first.at);
    assert.ok(Math.abs(speed - 1) < MAX_SPEED_ERROR, `media time runs at ${speed}`);
    assert.ok(report.framesPresented > (METER_SECONDS - SETTLE_SECONDS) * 15, `${report.framesPresented} frames`);
    assert.ok(report.framesUnread <= report.framesPresented / 100, `${report.framesUnread} frames without a readable clock`);
    assert.ok(report.avOffsetMs !== undefined, `no offset (audio ${report.audio})`);
    assert.ok(Math.abs(report.avOffsetMs.median) < MAX_AV_OFFSET_MS, `offset ${report.avOffsetMs.median} ms`);
    assert.deepEqual(watch.errors, []);
  });

  await t.test(`plays for ${VIEWERS} viewers at once`, async (each) => {
    const watches = await Promise.all(Array.from({ length: VIEWERS }, () => WatchPage.open(each, browser, url)));
    await Promise.all(watches.map((watch) => watch.advances(4)));
    for (const watch of watches) await watch.assertClean();
  });
});
