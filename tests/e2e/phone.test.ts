// The watch page on a phone: nothing to scroll sideways, every control under a thumb.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../kit/eventually.ts';
import { startHeadend } from '../kit/headend.ts';
import { missingForBrowser, openBrowser, WatchPage } from './browser.ts';
import { publishDemo } from './demo.ts';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const TOUCH_TARGET = 40;

type Box = { readonly name: string; readonly x: number; readonly y: number; readonly width: number; readonly height: number };

const CONTROLS = `[...headendWatch.player().shadowRoot.querySelectorAll('button')].map((button) => {
  const { x, y, width, height } = button.getBoundingClientRect();
  return { name: button.getAttribute('aria-label') ?? button.textContent, x, y, width, height };
}).filter(({ width }) => width > 0)`;

const scrollsSideways = (watch: WatchPage): Promise<boolean> =>
  watch.page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth');

test('the watch page on a phone', { skip: missingForBrowser() }, async (t) => {
  const server = await startHeadend(t);
  const watch = await WatchPage.open(t, await openBrowser(t), server.bootstrap.urls.watch, PHONE);
  await watch.says(/is offline/);
  assert.equal(await scrollsSideways(watch), false, 'offline');
  await watch.assertAccessible();

  publishDemo(t, server);
  await watch.advances(3);
  assert.equal(await scrollsSideways(watch), false, 'live');
  const faded = () => watch.page.evaluate<boolean>(`headendWatch.player().hasAttribute('data-idle')`);
  await eventually('the controls fade', 10_000, faded);
  await watch.page.locator('headend-player').tap();
  await eventually('a tap brings the controls', 5_000, async () => !(await faded()));
  const boxes = await watch.page.evaluate<readonly Box[]>(CONTROLS);
  assert.ok(boxes.length >= 4, `${boxes.length} controls`);
  const { width, height } = PHONE.viewport;
  for (const box of boxes) {
    assert.ok(box.x >= 0 && box.x + box.width <= width && box.y >= 0 && box.y + box.height <= height, `${box.name} is out of sight`);
    assert.ok(box.height >= TOUCH_TARGET && box.width >= TOUCH_TARGET, `${box.name} is ${box.width} × ${box.height}`);
  }
  await watch.assertAccessible();
  await watch.assertClean();
});
