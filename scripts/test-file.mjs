// Runs one test file in its own process and process group, with a time limit, and tells what came of it.
// The file runs directly (`node file.test.ts`), so that node:test waits for its event loop to drain: a leaked socket or timer
// shows as a file that does not end.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { node24, root } from './node24.mjs';
import { kill, killAll, MARK, markedProcesses } from './processes.mjs';

const REPORTER = path.join(root, 'scripts', 'reporter.mjs');

/** What is kept of a file's own output: the last of it, shown when the file fails. */
const OUTPUT_MAX_BYTES = 64 << 10;

/** Programs that a test has told to end get this long to be gone (a browser takes its helpers along one by one). */
const LEFT_BEHIND_GRACE_MS = 3000;
const LEFT_BEHIND_POLL_MS = 100;

/** Files that are running now, for stopAll(). */
const running = new Set();

/**
 * Resolves with `{ file, seconds, passed: [name], skipped: [{ name, reason }], failed: [{ name, error }], output, notes }`.
 * `folder` is an empty folder for this file alone; its TMPDIR lies inside and goes with it.
 */
export async function runTestFile(file, { limitSeconds, folder }) {
  const mark = randomUUID();
  const temporary = path.join(folder, 't');
  const events = path.join(folder, 'events');
  mkdirSync(temporary, { recursive: true });
  const startedAt = performance.now();
  const child = spawn(node24, ['--test-reporter', REPORTER, '--test-reporter-destination', events, path.resolve(root, file)], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, [MARK]: mark, TMPDIR: temporary, NO_COLOR: '1', FORCE_COLOR: undefined, NODE_OPTIONS: undefined },
  });
  const entry = { group: child.pid, mark };
  running.add(entry);
  const output = keepLast(child);
  const end = await ended(child, limitSeconds);
  const left = end.timedOut ? markedProcesses(mark, child.pid) : await leftBehind(mark, child.pid);
  killAll(left);
  running.delete(entry);
  const result = judge(readEvents(events), end, limitSeconds);
  if (left.length > 0 && !end.timedOut) {
    result.failed.push({
      name: '(the file)',
      error: `left processes behind:\n${left.map(({ pid, command }) => `${pid} ${command}`).join('\n')}`,
    });
  }
  const files = readdirSync(temporary);
  if (files.length > 0) result.notes.push(`left in its temporary folder: ${files.slice(0, 5).join(', ')}${files.length > 5 ? ' …' : ''}`);
  rmSync(folder, { recursive: true, force: true });
  return { file, seconds: (performance.now() - startedAt) / 1000, output: output(), ...result };
}

/** Ends every file that is running, with everything it started. */
export function stopAll() {
  for (const { group, mark } of running) killAll([{ pid: -group }, ...markedProcesses(mark, group)]);
}

function keepLast(child) {
  let kept = Buffer.alloc(0);
  const take = (chunk) => {
    kept = Buffer.concat([kept, chunk]).subarray(-OUTPUT_MAX_BYTES);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  return () => kept.toString('utf8');
}

function ended(child, limitSeconds) {
  return new Promise((resolve, reject) => {
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      kill(-child.pid);
    }, limitSeconds * 1000);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, timedOut });
    });
  });
}

async function leftBehind(mark, group) {
  const deadline = performance.now() + LEFT_BEHIND_GRACE_MS;
  for (;;) {
    const left = markedProcesses(mark, group);
    if (left.length === 0 || performance.now() > deadline) return left;
    await delay(LEFT_BEHIND_POLL_MS);
  }
}

function readEvents(file) {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  // A killed file may leave half a line.
  return text.split('\n').flatMap((line) => (line.endsWith('}') ? [JSON.parse(line)] : []));
}

function judge(events, { code, signal, timedOut }, limitSeconds) {
  const passed = [];
  const skipped = [];
  const failed = [];
  const open = new Map();
  const names = [];
  let done = false;
  for (const { event, name, nesting, at, reason, error } of events) {
    const key = `${nesting} ${name} ${at}`;
    if (event === 'done') done = true;
    else if (event === 'began') open.set(key, { name, count: (open.get(key)?.count ?? 0) + 1 });
    else if (event === 'ended') open.set(key, { name, count: (open.get(key)?.count ?? 1) - 1 });
    else if (event === 'named') names.splice(nesting, names.length, name);
    else {
      const full = [...names.slice(0, nesting), name].join(' › ');
      if (event === 'passed') passed.push(full);
      else if (event === 'skipped') skipped.push({ name: full, reason });
      else failed.push({ name: at === '' ? full : `${full} (line ${at.split(':')[0]})`, error });
    }
  }
  const unfinished = [...open.values()].filter(({ count }) => count > 0).map(({ name }) => name);
  const problem = fileProblem();
  if (problem !== undefined) failed.push({ name: '(the file)', error: problem });
  return { passed, skipped, failed, notes: [] };

  function fileProblem() {
    const during = unfinished.length > 0 ? ` during: ${unfinished.join(', ')}` : '';
    if (timedOut && unfinished.length === 0)
      return `did not end within ${limitSeconds} s although its tests did: a socket, timer or process is still open.`;
    if (timedOut) return `did not end within ${limitSeconds} s${during}`;
    if (signal !== null) return `was ended by ${signal}${during}`;
    if (code !== 0 && failed.length === 0) return `ended with exit code ${code}${during}`;
    if (events.length === 0) return 'holds no test, or ended before the first one did.';
    if (!done) return `ended before its tests did${during}`;
    if (passed.length + skipped.length + failed.length === 0) return 'holds no test.';
    return undefined;
  }
}
