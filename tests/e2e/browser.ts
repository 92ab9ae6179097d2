// The watch page in a real headless Chromium: opened, watched from before its first script runs, and asked what a viewer would see.
// What runs inside the page is given as text: this package has no DOM types.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { launchChromium } from '@headend/tools/glass-to-glass';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { eventually } from '../kit/eventually.ts';
import { missing } from '../kit/program.ts';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
/** Cold code on a busy machine. */
const FIRST_PICTURE_MS = 30_000;

/** For `{ skip: … }`: the browser and the programs a test needs. */
export const missingForBrowser = (...programs: readonly string[]): string | false =>
  existsSync(CHROMIUM) ? missing(...programs) : 'Chromium is not installed';

export const openBrowser = async (t: TestContext): Promise<Browser> => {
  const browser = await launchChromium();
  t.after(() => browser.close());
  return browser;
};

/** Collects what cannot be asked for afterwards. The player is looked up each time: the page may put in another. */
const WATCHER = `(() => {
  const log = { states: [], shift: 0, violations: [], player: () => document.querySelector('headend-player') };
  globalThis.headendWatch = log;
  document.addEventListener('headend-state', ({ detail }) => {
    log.states.push({ at: performance.now(), kind: detail.state.kind, code: detail.state.code ?? null, streamId: detail.streamId });
  });
  document.addEventListener('securitypolicyviolation', (event) => log.violations.push(event.violatedDirective + ' ' + event.blockedURI));
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) log.shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
})();`;

const SNAPSHOT = `(() => {
  const player = headendWatch.player();
  const video = player?.video;
  const visible = (selector) => {
    const found = player?.shadowRoot.querySelector(selector);
    return found && !found.hidden ? found.textContent : null;
  };
  return {
    state: player?.state.kind ?? null,
    session: player?.stats?.sessionId ?? null,
    currentTime: video?.currentTime ?? 0,
    frames: video?.getVideoPlaybackQuality().totalVideoFrames ?? 0,
    width: video?.videoWidth ?? 0,
    height: video?.videoHeight ?? 0,
    cover: visible('.cover'),
    note: visible('.note'),
    spinner: visible('.spinner') !== null,
    text: document.body.innerText,
  };
})()`;

export type PlayerView = {
  /** Null where the page shows no player. */
  readonly state: string | null;
  readonly session: string | null;
  readonly currentTime: number;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  /** What lies over the picture, and the note in its corner; null when hidden. */
  readonly cover: string | null;
  readonly note: string | null;
  readonly spinner: boolean;
  /** The page's own words, the player's excluded. */
  readonly text: string;
};

export type SeenState = { readonly at: number; readonly kind: string; readonly code: string | null; readonly streamId: string | null };

export class WatchPage {
  readonly page: Page;
  /** Console errors and uncaught exceptions. */
  readonly errors: string[] = [];
  readonly requests: { readonly at: number; readonly url: string; status: number | null }[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('console', (message) => message.type() === 'error' && this.errors.push(`${message.text()} ${message.location().url}`));
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('request', (request) => {
      const entry = { at: performance.now(), url: request.url(), status: null as number | null };
      this.requests.push(entry);
      void request.response().then(
        (response) => {
          entry.status = response?.status() ?? null;
        },
        () => undefined,
      );
    });
  }

  static async open(t: TestContext, browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<WatchPage> {
    const watch = await WatchPage.blank(t, browser, options);
    await watch.page.goto(url, { waitUntil: 'commit' });
    return watch;
  }

  /** A page that watches, before it goes anywhere: for tests that put something between it and the server. */
  static async blank(t: TestContext, browser: Browser, options: BrowserContextOptions = {}): Promise<WatchPage> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, ...options });
    t.after(() => context.close());
    const page = await context.newPage();
    await page.addInitScript({ content: WATCHER });
    return new WatchPage(page);
  }

  look(): Promise<PlayerView> {
    return this.page.evaluate<PlayerView>(SNAPSHOT);
  }

  states(): Promise<readonly SeenState[]> {
    return this.page.evaluate<readonly SeenState[]>('headendWatch.states');
  }

  /** The page's own words, and those over the picture. */
  async says(words: RegExp, deadlineMs = 10_000): Promise<PlayerView> {
    return eventually(`the page says ${words}`, deadlineMs, async () => {
      const view = await this.look();
      const seen = [view.text, view.cover, view.note].join('\n');
      if (!words.test(seen)) throw new Error(`it says ${JSON.stringify(seen)} (player ${view.state})`);
      return view;
    });
  }

  /** Playing, and `seconds` further than now. */
  async advances(seconds: number, deadlineMs = FIRST_PICTURE_MS): Promise<PlayerView> {
    let from: number | undefined;
    return eventually(`the picture advances by ${seconds} s`, deadlineMs + seconds * 1000, async () => {
      const view = await this.look();
      if (view.state === 'playing') from ??= view.currentTime;
      if (from === undefined || view.currentTime < from + seconds) {
        throw new Error(
          `${view.state} at ${view.currentTime}, from ${from}; ${view.cover ?? view.note ?? view.text}; ${this.errors.join(' | ')}`,
        );
      }
      return view;
    });
  }

  /** No console error, nothing that the page's content security policy had to stop. */
  async assertClean(allowed?: RegExp): Promise<void> {
    assert.deepEqual(
      this.errors.filter((error) => allowed?.test(error) !== true),
      [],
    );
    assert.deepEqual(await this.page.evaluate('headendWatch.violations'), []);
  }

  /** Sum of layout shifts without a cause of the viewer's. */
  layoutShift(): Promise<number> {
    return this.page.evaluate<number>('headendWatch.shift');
  }

  /** Nothing serious or critical from axe, the player's shadow tree included. */
  async assertAccessible(): Promise<void> {
    // By the debugger, so that the page's content security policy stays on.
    if (!(await this.page.evaluate<boolean>('"axe" in globalThis'))) await this.page.evaluate(`${axe.source};undefined`);
    const found = await this.page.evaluate<readonly string[]>(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary).join(' | ')))`);
    assert.deepEqual(found, []);
  }
}
