// `npm run bench`: runs every bench/**/*.bench.ts, or those whose path holds one of the arguments, one after the other on Node 24.

import { spawnSync } from 'node:child_process';
import { filesUnder } from './files.mjs';
import { installOrExit } from './install.mjs';
import { node24, root } from './node24.mjs';
import { buildWebIfStale } from './web-bundle.mjs';

installOrExit();
buildWebIfStale();
const filters = process.argv.slice(2);
const files = filesUnder('bench', (file) => file.endsWith('.bench.ts'));
const chosen = filters.length === 0 ? files : files.filter((file) => filters.some((filter) => file.includes(filter)));
if (chosen.length === 0) {
  console.error(`No benchmark fits ${filters.join(', ') || 'bench/**/*.bench.ts'}.`);
  process.exitCode = 1;
}
for (const file of chosen) {
  console.log(`\n${file}`);
  if (spawnSync(node24, [file], { cwd: root, stdio: 'inherit' }).status !== 0) process.exitCode = 1;
}
