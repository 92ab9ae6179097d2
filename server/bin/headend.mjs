#!/usr/bin/env node
// The `headend` command: starts src/app/cli.ts on Node 24. Plain JavaScript, because an older Node may be the one that runs it;
// that one then only finds the Node 24 of the npm package `node` and stands in for it.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWithLauncher, launch } from './launch.mjs';

/** The first release line that runs .ts sources without a flag and has what the codecs need. */
const NODE_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) {
  endWithLauncher();
  await import('../src/app/cli.ts');
} else {
  const node = pinnedNode();
  if (node === undefined) {
    console.error(
      `headend needs Node ${NODE_MAJOR}, which is not installed here yet. In the repository: npm start (installs and starts), or node scripts/install.mjs.`,
    );
    process.exit(1);
  }
  process.exitCode = await launch(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
}

function pinnedNode() {
  try {
    const home = path.dirname(createRequire(import.meta.url).resolve('node/package.json'));
    const binary = path.join(home, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}
