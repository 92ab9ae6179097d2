// The repository's own files: everything below a path except what is installed, built or recorded.

import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from './node24.mjs';

const NOT_OURS = /(^|\/)(node_modules|dist|\.git|\.cache)$|^data$/;

/** Paths relative to the root, with forward slashes, sorted; [] when there is nothing at `start`, itself when it is a file. */
export function filesUnder(start, accepts = () => true) {
  const found = [];
  const pending = [start];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const stats = statSync(path.join(root, at), { throwIfNoEntry: false });
    if (stats?.isDirectory()) {
      for (const name of readdirSync(path.join(root, at))) {
        const below = path.posix.join(at, name);
        if (!NOT_OURS.test(below)) pending.push(below);
      }
    } else if (stats?.isFile() && accepts(at)) {
      found.push(at);
    }
  }
  return found.sort();
}
