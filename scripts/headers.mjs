// Each source file opens with a comment that says what it is, and stays short enough to read in one sitting.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { filesUnder } from './files.mjs';
import { root } from './node24.mjs';

export const LINES_AIM = 250;
export const LINES_LIMIT = 500;

const SOURCES = ['packages', 'server', 'tools', 'web', 'tests', 'bench', 'scripts'];

/** What is wrong with one file's shape; undefined when nothing is. */
export function headerProblem(source) {
  const withoutShebang = source.replace(/^#![^\n]*\n/, '');
  if (!/^(\/\/|\/\*)/.test(withoutShebang)) return 'does not open with a comment that says what it is.';
  const lines = source.split('\n').length - 1;
  return lines > LINES_LIMIT
    ? `has ${lines} lines; the limit is ${LINES_LIMIT}. Find the second idea in it and give that its own file.`
    : undefined;
}

export function checkHeaders() {
  const files = SOURCES.flatMap((start) => filesUnder(start, (file) => /\.(tsx?|mjs)$/.test(file) && !file.includes('/drizzle/')));
  const sources = files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]);
  const problems = sources.flatMap(([file, source]) => {
    const problem = headerProblem(source);
    return problem === undefined ? [] : [`${file} ${problem}`];
  });
  const long = sources
    .filter(([file, source]) => !file.includes('.test.') && source.split('\n').length - 1 > LINES_AIM)
    .map(([file]) => file);
  return { problems, notes: long.length === 0 ? [] : [`above the aim of ${LINES_AIM} lines: ${long.join(', ')}`] };
}
