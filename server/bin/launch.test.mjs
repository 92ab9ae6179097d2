// The launcher stands in for its child: exit code, signals, and its own sudden death.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';

const folder = mkdtempSync(path.join(tmpdir(), 'launch-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const LAUNCH = JSON.stringify(new URL('./launch.mjs', import.meta.url).href);

/** A launcher process around a child program; `lines` are what the child prints. */
function start(name, childSource) {
  const child = path.join(folder, `${name}-child.mjs`);
  const parent = path.join(folder, `${name}.mjs`);
  writeFileSync(child, `import { endWithLauncher } from ${LAUNCH};\nendWithLauncher();\n${childSource}`);
  writeFileSync(
    parent,
    `import { launch } from ${LAUNCH};\nprocess.exitCode = await launch(process.execPath, [${JSON.stringify(child)}, ...process.argv.slice(2)]);`,
  );
  const process_ = spawn(process.execPath, [parent, 'an argument'], { stdio: ['ignore', 'pipe', 'inherit'] });
  return { launcher: process_, lines: createInterface({ input: process_.stdout })[Symbol.asyncIterator]() };
}

const STAYS = `
  const alive = setInterval(() => {}, 1000);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { console.log(signal); clearInterval(alive); process.exitCode = 3; });
  console.log('ready');`;

describe('launch', () => {
  it('passes on arguments and keeps the exit code', async () => {
    const { launcher, lines } = start('code', 'console.log(process.argv[2]); process.exitCode = 7;');
    assert.equal((await lines.next()).value, 'an argument');
    const [code] = await once(launcher, 'exit');
    assert.equal(code, 7);
  });

  it('says 128 + n of a child that a signal ended', async () => {
    const { launcher } = start('killed', "process.kill(process.pid, 'SIGKILL');");
    const [code] = await once(launcher, 'exit');
    assert.equal(code, 137);
  });

  for (const signal of ['SIGINT', 'SIGTERM']) {
    it(`passes on ${signal} and waits for the child to end its way`, async () => {
      const { launcher, lines } = start(signal, STAYS);
      assert.equal((await lines.next()).value, 'ready');
      launcher.kill(signal);
      assert.equal((await lines.next()).value, signal);
      const [code] = await once(launcher, 'exit');
      assert.equal(code, 3);
    });
  }

  it('ends the child cleanly when the launcher is killed', async () => {
    const { launcher, lines } = start('sudden', STAYS);
    assert.equal((await lines.next()).value, 'ready');
    launcher.kill('SIGKILL');
    assert.equal((await lines.next()).value, 'SIGTERM');
    assert.equal((await lines.next()).done, true);
  });
});
