// Nothing on air. Whoever sits at the server reads how to go live, exactly; everybody else that the picture will come by itself. And it does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHeadend } from '../kit/headend.ts';
import { missingForBrowser, openBrowser, WatchPage } from './browser.ts';
import { publishDemo } from './demo.ts';

/** What a proxy in front says of a viewer elsewhere. */
const ELSEWHERE = { extraHTTPHeaders: { 'x-forwarded-for': '203.0.113.9' } };

test('the page of a channel that is offline', { skip: missingForBrowser() }, async (t) => {
  const server = await startHeadend(t);
  const { adminToken, streamKey, urls } = server.bootstrap;
  const browser = await openBrowser(t);
  const operator = await WatchPage.open(t, browser, urls.watch, { permissions: ['clipboard-read', 'clipboard-write'] });
  const { page } = operator;
  const panel = page.getByRole('tabpanel').filter({ visible: true });
  const panelText = async () => (await panel.textContent()) ?? '';
  const copied = () => page.evaluate<string>('navigator.clipboard.readText()');

  await t.test('shows the operator the server, the lines to paste and no key', async () => {
    await operator.says(/main is offline/i);
    await operator.says(/waiting for your encoder/i);
    assert.ok((await panelText()).includes(urls.rtmp));
    await panel.getByRole('button', { name: 'Copy Server' }).click();
    assert.equal(await copied(), urls.rtmp);
    await page.getByRole('tab', { name: 'ffmpeg' }).filter({ visible: true }).click();
    assert.match(await panelText(), /ffmpeg -re .* -c:v libx264 .* -c:a aac .* -f flv "rtmp:\/\/127\.0\.0\.1:\d+\/live\/STREAM_KEY"/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowLeft');
    assert.match(await panelText(), /npx headend demo/);
    await page.getByRole('tab', { name: 'OBS' }).filter({ visible: true }).click();
    assert.doesNotMatch(await page.content(), /live_main_/);
    await operator.assertAccessible();
  });

  await t.test('shows the key for the administrator secret only, masked until asked', async () => {
    const secret = panel.getByLabel('Administrator secret');
    await secret.fill('hadm_wrong');
    await panel.getByRole('button', { name: 'Show the key' }).click();
    await operator.says(/not the administrator secret/);
    await secret.fill(adminToken);
    await panel.getByRole('button', { name: 'Show the key' }).click();
    await operator.says(/•{12}/);
    assert.ok(!(await page.content()).includes(streamKey), 'masked');
    await panel.getByRole('button', { name: 'Copy Stream key' }).click();
    assert.equal(await copied(), streamKey);
    await panel.getByRole('button', { name: 'Show', exact: true }).click();
    assert.ok((await panelText()).includes(streamKey));
    await operator.assertAccessible();
    await page.getByRole('tab', { name: 'ffmpeg' }).filter({ visible: true }).click();
    await panel.getByRole('button', { name: 'Copy' }).first().click();
    assert.ok((await copied()).endsWith(`/live/${streamKey}"`));
  });

  const visitor = await WatchPage.open(t, browser, urls.watch, ELSEWHERE);
  await t.test('shows a visitor from elsewhere no door', async () => {
    const { text } = await visitor.says(/starts here by itself/);
    assert.doesNotMatch(text, /rtmp|ffmpeg|OBS|secret/i);
    await visitor.assertAccessible();
  });

  await t.test('turns into the picture by itself', async () => {
    const demo = publishDemo(t, server);
    await server.liveStream(40_000).catch((cause: unknown) => {
      throw new Error(`the demo did not get on air:\n${demo.output}`, { cause });
    });
    await Promise.all([operator.advances(2), visitor.advances(2)]);
    await visitor.assertClean();
    // The wrong secret was refused, as it should be.
    await operator.assertClean(/401/);
  });
});
