// Builds the site into web/dist when its sources changed since the last build (their hash is kept in web/dist/.stamp).

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { filesUnder } from './files.mjs';
import { node24, root } from './node24.mjs';

const WEB = path.join(root, 'web');
const STAMP = path.join(WEB, 'dist', '.stamp');

/** What ends up in the bundle. Tests do not. */
const SOURCES = ['web', 'packages/player', 'packages/core', 'package-lock.json'];

/** Returns whether it built. Throws with the bundler's output when that fails. */
export function buildWebIfStale({ log = console.log } = {}) {
  const stamp = fingerprint();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) return false;
  log('Building the site …');
  const vite = path.join(path.dirname(createRequire(path.join(WEB, 'package.json')).resolve('vite/package.json')), 'bin', 'vite.js');
  const result = spawnSync(node24, [vite, 'build', '--logLevel', 'warn'], { cwd: WEB, encoding: 'utf8', maxBuffer: 16 << 20 });
  if (result.status !== 0) throw new Error(`The site could not be built:\n${result.stdout}${result.stderr}`);
  writeFileSync(STAMP, stamp);
  return true;
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap((source) => filesUnder(source))) {
    if (/\.test\.tsx?$/.test(file)) continue;
    hash.update(`${file}\0`).update(readFileSync(path.join(root, file)));
  }
  return hash.digest('hex');
}
