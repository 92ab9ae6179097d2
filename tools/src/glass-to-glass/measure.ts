// Opens a watch page in Chromium, lets it play for a while and says how late the picture is and whether the sound fits. The probe
// is added before the page's own scripts, so time to first frame counts from navigation start.

import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { ProbeLog } from './page-probe.ts';
import { type GlassToGlassReport, makeReport } from './report.ts';

export type MeasureOptions = {
  readonly url: string;
  /** Playing time that is measured, from the first frame on. */
  readonly seconds: number;
  /** Start of that time left out of the latency figures, while a player closes in on its target. */
  readonly settleSeconds?: number;
  /** A page to use instead of an own browser; its context must not restrict scripts (`bypassCSP`). */
  readonly page?: Page;
};

const FIRST_FRAME_WITHIN_MS = 20_000;
const POLL_MS = 50;
const DEFAULT_SETTLE_SECONDS = 3;

/** What a browser in a container or on a build machine needs, and nothing that changes how it plays. */
export const chromiumArguments: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium', headless: true, args: [...chromiumArguments] });

const PROBE_FILES = ['../clock/cells.ts', '../clock/flash.ts', './page-probe.ts'] as const;

/** The probe as one classic script: types stripped, imports and exports removed, in a scope of its own. */
export const probeScript = async (): Promise<string> => {
  const sources = await Promise.all(PROBE_FILES.map((file) => readFile(new URL(file, import.meta.url), 'utf8')));
  const body = sources.map((source) =>
    stripTypeScriptTypes(source)
      .replace(/^import .*?;$/gms, '')
      .replace(/^export /gm, ''),
  );
  return `(() => {\n${body.map((part) => part).join('\n')}\n})();`;
};

const readLog = (page: Page): Promise<ProbeLog> => page.evaluate('globalThis.headendProbe');

const firstFrame = async (page: Page): Promise<boolean> => {
  const deadline = performance.now() + FIRST_FRAME_WITHIN_MS;
  while (performance.now() < deadline) {
    if ((await page.evaluate('globalThis.headendProbe?.frames.length ?? 0')) !== 0) return true;
    await wait(POLL_MS);
  }
  return false;
};

const measureOn = async (page: Page, options: MeasureOptions): Promise<GlassToGlassReport> => {
  await page.addInitScript({ content: await probeScript() });
  await page.goto(options.url, { waitUntil: 'commit' });
  if (await firstFrame(page)) await wait(options.seconds * 1000);
  return makeReport(
    options.url,
    options.seconds,
    options.settleSeconds ?? Math.min(DEFAULT_SETTLE_SECONDS, options.seconds / 4),
    await readLog(page),
  );
};

export const measureGlassToGlass = async (options: MeasureOptions): Promise<GlassToGlassReport> => {
  if (options.page !== undefined) return measureOn(options.page, options);
  const browser = await launchChromium();
  try {
    const context = await browser.newContext({ bypassCSP: true, viewport: { width: 1280, height: 720 } });
    return await measureOn(await context.newPage(), options);
  } finally {
    await browser.close();
  }
};
