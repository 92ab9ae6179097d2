// Where things are: the repository's root and the Node 24 binary that the npm package `node` brings.
// The scripts in this folder run on any Node from 20.19 on; everything written in TypeScript runs on this binary.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

export const node24 = path.join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** The version of the installed binary (`24.21.0`), or undefined when there is none that runs. */
export function node24Version() {
  if (!existsSync(node24)) return undefined;
  const result = spawnSync(node24, ['--version'], { encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim().replace(/^v/, '') : undefined;
}
