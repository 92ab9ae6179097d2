// `npm start`: installs what is missing, builds the site when it is stale, serves. Arguments after `--` go to `headend serve`.

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
process.exitCode = await launch(node24, [path.join(root, 'server', 'bin', 'headend.mjs'), 'serve', ...process.argv.slice(2)]);
