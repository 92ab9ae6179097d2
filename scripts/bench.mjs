// `npm run bench`: installs what is missing, builds the site (glass-to-glass opens it) and runs bench/run.ts on Node 24. Arguments after
// `--` are names of benchmarks and its flags: `npm run bench -- stream-cost --write`.

import path from 'node:path';
import { launch } from '../server/bin/launch.mjs';
import { installOrExit } from './install.mjs';
import { node24, root } from './node24.mjs';
import { buildWebIfStale } from './web-bundle.mjs';

installOrExit();
try {
  buildWebIfStale();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
process.exitCode = await launch(node24, [path.join(root, 'bench', 'run.ts'), ...process.argv.slice(2)]);
