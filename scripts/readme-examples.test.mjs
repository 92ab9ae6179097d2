// The TypeScript examples in the packages' READMEs compile, against the sources and under the house's flags.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { filesUnder } from './files.mjs';
import { node24, root } from './node24.mjs';

const BLOCK = /^```ts\n([\s\S]*?)^```/gm;

/** Below node_modules, where @headend/… resolves as it does for everybody. */
const makeFolder = () => {
  const cache = path.join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  return mkdtempSync(path.join(cache, 'readme-examples-'));
};

it('examples in the packages’ READMEs compile', (t) => {
  const folder = makeFolder();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const readmes = filesUnder('packages', (file) => file.endsWith('README.md'));
  assert.ok(readmes.length >= 5);
  const files = readmes.flatMap((readme) => {
    const blocks = [...readFileSync(path.join(root, readme), 'utf8').matchAll(BLOCK)].map((match) => match[1]);
    assert.ok(blocks.length > 0, `${readme} has no example`);
    return blocks.map((block, index) => {
      const name = `${readme.split('/')[1]}-${index}.ts`;
      writeFileSync(path.join(folder, name), `${block}\nexport {};\n`);
      return name;
    });
  });
  const compilerOptions = {
    lib: ['es2025', 'dom', 'dom.iterable'],
    module: 'esnext',
    moduleResolution: 'bundler',
    types: ['node'],
    typeRoots: ['../../@types'],
  };
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../../../tsconfig.base.json', compilerOptions, files }));
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const run = spawnSync(node24, [tsc, '-p', folder], { encoding: 'utf8' });
  assert.equal(run.stdout + run.stderr, '');
});
