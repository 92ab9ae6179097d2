// The runner of one test file, on files that end well, fail, break off, hang and leave a process behind.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { runTestFile } from './test-file.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'runner-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
async function run(source, limitSeconds = 60) {
  count += 1;
  const file = path.join(folder, `${count}.mjs`);
  writeFileSync(file, `import assert from 'node:assert/strict';\nimport { describe, it, test } from 'node:test';\n${source}`);
  return await runTestFile(file, { limitSeconds, folder: path.join(folder, String(count)) });
}

describe('runTestFile', () => {
  it('counts tests, not suites, and keeps the reasons of skips', async () => {
    const result = await run(`
      describe('a suite', () => { it('one', () => {}); it('two', { skip: 'ffmpeg is not installed' }, () => {}); });
      test('three', (t) => t.skip('no browser'));
      describe('four', { skip: 'needs a server' }, () => { it('five', () => {}); });`);
    assert.deepEqual(result.passed, ['a suite › one']);
    assert.deepEqual(result.skipped, [
      { name: 'a suite › two', reason: 'ffmpeg is not installed' },
      { name: 'three', reason: 'no browser' },
      { name: 'four', reason: 'needs a server' },
    ]);
    assert.deepEqual(result.failed, []);
  });

  it('tells a failure with its name, line and error, once', async () => {
    const result = await run(`describe('outer', () => {\n it('adds', () => assert.equal(1 + 1, 3));\n});`);
    assert.equal(result.failed.length, 1);
    assert.match(result.failed[0].name, /^outer › adds \(line 4\)$/);
    assert.match(result.failed[0].error, /2 !== 3/);
  });

  it('fails a file that does not load, with what it said', async () => {
    const result = await run(`import './not-there.mjs';`);
    assert.match(result.failed[0].error, /exit code 1/);
    assert.match(result.output, /not-there/);
  });

  it('fails a file without tests', async () => {
    assert.match((await run('')).failed[0].error, /no test/);
  });

  it('fails a file that exits before its tests ended', async () => {
    const result = await run(`test('first', () => {});\ntest('second', () => process.exit(0));`);
    assert.match(result.failed[0].error, /ended before/);
  });

  it('ends a file that hangs and names the test', async () => {
    const result = await run(`test('waits for ever', () => new Promise(() => setInterval(() => {}, 1000)));`, 2);
    assert.match(result.failed[0].error, /did not end within 2 s during: waits for ever/);
  });

  it('says when only something open kept the file alive', async () => {
    const result = await run(`test('leaks', () => { setInterval(() => {}, 1000); });`, 2);
    assert.match(result.failed[0].error, /although its tests did/);
  });

  it('fails and ends what a file leaves running, in another process group too', {
    skip: process.platform !== 'linux' && 'needs /proc',
  }, async () => {
    const result = await run(`import { spawn } from 'node:child_process';
      test('leaves', () => { spawn('sleep', ['600'], { stdio: 'ignore', detached: true }).unref(); });`);
    assert.equal(result.failed.length, 1);
    const pid = Number(/^(\d+) sleep 600$/m.exec(result.failed[0].error)?.[1]);
    assert.ok(pid > 0, result.failed[0].error);
  });

  it('gives a temporary folder that goes with the file, and notes what was left in it', async () => {
    const result = await run(`import { writeFileSync } from 'node:fs';\nimport { tmpdir } from 'node:os';
      test('writes', () => writeFileSync(tmpdir() + '/rest.txt', ''));`);
    assert.deepEqual(result.notes, ['left in its temporary folder: rest.txt']);
  });
});
