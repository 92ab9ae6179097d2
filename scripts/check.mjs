// `npm run check`: everything that judges the code without running it, one after the other, each with its own result.

import { spawn } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkBoundaries } from './boundaries.mjs';
import { checkDocLinks } from './doc-links.mjs';
import { checkHeaders } from './headers.mjs';
import { installOrExit } from './install.mjs';
import { node24, root } from './node24.mjs';

const bin = (...parts) => path.join(root, 'node_modules', ...parts);

const CHECKS = [
  { name: 'format and lint', run: () => tool(bin('@biomejs', 'biome', 'bin', 'biome'), ['check', '--max-diagnostics=20', '.']) },
  { name: 'types', run: () => tool(bin('typescript', 'bin', 'tsc'), ['-p', 'tsconfig.json']) },
  { name: 'types of the site', run: () => tool(bin('typescript', 'bin', 'tsc'), ['-p', 'tsconfig.web.json']) },
  { name: 'dead code and dependencies', run: () => tool(bin('knip', 'bin', 'knip.js'), ['--no-progress', '--no-config-hints']) },
  { name: 'boundaries', run: () => own(checkBoundaries) },
  { name: 'file headers', run: () => own(checkHeaders) },
  { name: 'document links', run: () => own(checkDocLinks) },
];

function tool(script, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(node24, [script, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(output).toString('utf8').trim(), notes: [] }));
  });
}

function own(check) {
  const { problems, notes } = check();
  return { ok: problems.length === 0, output: problems.join('\n'), notes };
}

/** Runs all of them and prints one line each, a failing one's output below it. Resolves with `{ name, ok, output }` each. */
export async function runChecks({ log = console.log } = {}) {
  const results = [];
  for (const { name, run } of CHECKS) {
    const startedAt = performance.now();
    const { ok, output, notes } = await run();
    log(`${ok ? 'ok  ' : 'FAIL'}  check: ${name}  ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    for (const note of notes) log(`      ${note}`);
    if (!ok) log(output.replace(/^/gm, '      '));
    results.push({ name, ok, output });
  }
  return results;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  installOrExit();
  const results = await runChecks();
  process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
}
