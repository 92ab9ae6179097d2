// `npm test`: installs what is missing, builds the site, checks the code, runs every test file, and ends with one line
// `N passed, N failed, N skipped`. Arguments choose files by a part of their path (`npm test -- packages/rtmp`); the checks then
// stay out of it. CONTRIBUTING.md says what a test may count on.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runChecks } from './check.mjs';
import { filesUnder } from './files.mjs';
import { installOrExit } from './install.mjs';
import { installSystemPackages } from './system-packages.mjs';
import { runTestFile, stopAll } from './test-file.mjs';
import { buildWebIfStale } from './web-bundle.mjs';

const ROOTS = ['packages', 'server', 'tools', 'web/src', 'scripts', 'tests', 'bench'];

/** These start servers, encoders and browsers and watch the clock of a stream: one at a time, and they may take longer. */
const HEAVY = /^tests\/(e2e|conformance|chaos|contracts)\//;
const UNIT = { concurrency: 2, limitSeconds: 180 };
const END_TO_END = { concurrency: 1, limitSeconds: 300 };

const OUTPUT_LINES_SHOWN = 40;
const indent = (text) => text.replace(/^(?=.)/gm, '      ');

const totals = { passed: 0, failed: [], skipped: [] };

function countChecks(results) {
  for (const { name, ok } of results) {
    if (ok) totals.passed += 1;
    else totals.failed.push(`check: ${name}`);
  }
}

function report({ file, seconds, passed, skipped, failed, output, notes }) {
  totals.passed += passed.length;
  totals.skipped.push(...skipped.map(({ name, reason }) => ({ name: `${file} › ${name}`, reason })));
  totals.failed.push(...failed.map(({ name }) => `${file} › ${name}`));
  const counts = [
    [passed.length, 'passed'],
    [failed.length, 'failed'],
    [skipped.length, 'skipped'],
  ];
  const summary = counts.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : [])).join(', ');
  console.log(`${failed.length > 0 ? 'FAIL' : 'ok  '}  ${file}  ${summary}  ${seconds.toFixed(1)} s`);
  for (const note of notes) console.log(`      note: ${note}`);
  for (const { name, error } of failed) console.log(indent(`✗ ${name}\n${indent(error)}`));
  if (failed.length > 0 && output.trim() !== '') {
    console.log(indent(`last output of ${file}:\n${indent(output.trimEnd().split('\n').slice(-OUTPUT_LINES_SHOWN).join('\n'))}`));
  }
}

async function runGroup(files, { concurrency, limitSeconds }, folder) {
  const queue = [...files];
  const runner = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      report(await runTestFile(file, { limitSeconds, folder: path.join(folder, String(nextFolder++)) }));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, runner));
}
let nextFolder = 0;

async function main(filters) {
  installOrExit();
  const all = ROOTS.flatMap((start) => filesUnder(start, (file) => /\.test\.(tsx?|mjs)$/.test(file)));
  const files = filters.length === 0 ? all : all.filter((file) => filters.some((filter) => file.includes(filter)));
  if (filters.length === 0) countChecks(await runChecks());
  const heavy = files.filter((file) => HEAVY.test(file));
  if (files.length > 0) installSystemPackages();
  if (filters.length === 0 || heavy.length > 0) countChecks([buildWeb()]);

  const folder = mkdtempSync(path.join(tmpdir(), 'headend-test-'));
  const stop = () => {
    stopAll();
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    await runGroup(
      files.filter((file) => !HEAVY.test(file)),
      UNIT,
      folder,
    );
    await runGroup(heavy, END_TO_END, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  conclude(files.length);
}

function buildWeb() {
  try {
    buildWebIfStale();
    return { name: 'the site builds', ok: true };
  } catch (error) {
    console.log(`FAIL  check: the site builds\n${indent(error.message)}`);
    return { name: 'the site builds', ok: false };
  }
}

function conclude(fileCount) {
  if (fileCount === 0) totals.failed.push('no test file was found');
  if (totals.skipped.length > 0) console.log(`\nSkipped:\n${totals.skipped.map(({ name, reason }) => `  ${name}: ${reason}`).join('\n')}`);
  if (totals.failed.length > 0) console.log(`\nFailed:\n${totals.failed.map((name) => `  ${name}`).join('\n')}`);
  console.log(`\n${totals.passed} passed, ${totals.failed.length} failed, ${totals.skipped.length} skipped`);
  process.exitCode = totals.failed.length > 0 || totals.passed === 0 ? 1 : 0;
}

await main(process.argv.slice(2));
