// The house rules, each with a source that breaks it and one that keeps it.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findCycles, PACKAGE_IMPORTS, violationsIn } from './boundaries.mjs';
import { scanImports } from './imports.mjs';

const everythingExists = () => true;
const problems = (file, source, exists = everythingExists) => violationsIn(file, source, exists).map((line) => line.slice(file.length + 2));

function refuses(file, source, pattern) {
  const found = problems(file, source);
  assert.equal(found.length, 1, `${file} ${source} → ${found.join(' | ') || 'nothing'}`);
  assert.match(found[0], pattern);
}
const accepts = (file, source) => assert.deepEqual(problems(file, source), []);

describe('scanImports', () => {
  it('finds every form, over several lines too', () => {
    const source = [
      "import a from './a.ts';",
      "import type { B } from './b.ts';",
      'import {\n  c,\n  type D,\n} from "./c.ts";',
      "import * as e from './e.ts';",
      "import f, { g } from './f.ts';",
      "import './side.css';",
      "export { h } from './h.ts';",
      "export * from './i.ts';",
      "export type { J } from './j.ts';",
      "const k = await import('./k.ts');",
    ].join('\n');
    const found = scanImports(source);
    assert.deepEqual(found.map(({ specifier }) => specifier).sort(), [
      './a.ts',
      './b.ts',
      './c.ts',
      './e.ts',
      './f.ts',
      './h.ts',
      './i.ts',
      './j.ts',
      './k.ts',
      './side.css',
    ]);
    assert.deepEqual(
      found
        .filter(({ typeOnly }) => typeOnly)
        .map(({ specifier }) => specifier)
        .sort(),
      ['./b.ts', './j.ts'],
    );
  });

  it('leaves out comments, strings and exports of values', () => {
    const source = [
      "// import a from './a.ts';",
      "/* import b from './b.ts'; */",
      "/**\n * import c from './c.ts';\n */",
      "export const from = 'x';",
      "export function f() { return 'y'; }",
      "const url = 'https://example.org'; // from './d.ts'",
    ].join('\n');
    assert.deepEqual(scanImports(source), []);
  });

  it('does not run from one statement into the next', () => {
    const source = "export const a = 1;\nexport { b } from './b.ts';\nexport type T = { from: string };\nimport { c } from './c.ts';";
    assert.deepEqual(
      scanImports(source).map(({ specifier }) => specifier),
      ['./b.ts', './c.ts'],
    );
  });
});

describe('packages', () => {
  it('import only packages before them', () => {
    accepts('packages/media/src/x.ts', "import { ok } from '@headend/core';");
    accepts('packages/player/src/x.ts', "import { x } from '@headend/manifest';");
    refuses('packages/core/src/x.ts', "import { x } from '@headend/media';", /no other package/);
    refuses('packages/manifest/src/x.ts', "import { x } from '@headend/media';", /only: core/);
    refuses('packages/srt/src/x.ts', "import { x } from '@headend/core';", /PACKAGE_IMPORTS/);
    refuses('packages/media/src/x.ts', "import { x } from '@headend/media';", /relative paths/);
  });

  it('allow no package to import one that comes after it', () => {
    const order = Object.keys(PACKAGE_IMPORTS);
    for (const [name, allowed] of Object.entries(PACKAGE_IMPORTS)) {
      for (const other of allowed) assert.ok(order.indexOf(other) < order.indexOf(name), `${name} may import ${other}`);
    }
  });

  it('never import the server, by name or by path', () => {
    refuses('packages/rtmp/src/node/x.ts', "import { x } from '@headend/server';", /top of the house/);
    refuses('packages/rtmp/src/x.ts', "import { x } from '../../../server/src/live/index.ts';", /leaves packages\/rtmp/);
    refuses('packages/rtmp/src/x.ts', "import { x } from '../../core/src/result.ts';", /leaves packages\/rtmp/);
  });

  it('keep Node out of their cores, not out of drivers and tests', () => {
    refuses('packages/rtmp/src/session.ts', "import net from 'node:net';", /sans-IO/);
    refuses('packages/rtmp/src/session.ts', "import net from 'net';", /node: prefix/);
    accepts('packages/rtmp/src/node/server.ts', "import net from 'node:net';");
    accepts('packages/rtmp/src/session.test.ts', "import test from 'node:test';");
  });

  it('keep clock, randomness and environment out of their cores', () => {
    refuses('packages/rtmp/src/session.ts', 'const now = Date.now();', /Date\.now/);
    refuses('packages/media/src/x.ts', 'const now = new Date();', /new Date/);
    refuses('packages/core/src/x.ts', 'const r = Math.random();', /Math\.random/);
    accepts('packages/manifest/src/x.ts', 'const text = new Date(wallclock).toISOString();');
    accepts('packages/core/src/x.ts', '// Date.now() is what the driver passes in.\nexport {};');
    accepts('packages/rtmp/src/node/server.ts', 'const now = Date.now();');
    accepts('packages/player/src/x.ts', 'const now = Date.now();');
  });
});

describe('rooms of the server', () => {
  it('enter another room by its index.ts, and take types from its ports.ts', () => {
    accepts('server/src/packager/x.ts', "import { Source } from '../live/index.ts';");
    accepts('server/src/packager/x.ts', "import type { PackageSink } from '../origin/ports.ts';");
    refuses('server/src/packager/x.ts', "import { PackageSink } from '../origin/ports.ts';", /import type/);
    refuses('server/src/packager/x.ts', "import { Source } from '../live/source.ts';", /reaches into live/);
    accepts('server/src/live/deep/x.ts', "import { Source } from '../source.ts';");
  });

  it('never know app/ or the adapters', () => {
    refuses('server/src/live/x.ts', "import { config } from '../app/index.ts';", /no room knows/);
    refuses('server/src/control/x.ts', "import { PgStreams } from '../stores/index.ts';", /only app/);
    accepts('server/src/control/x.test.ts', "import { MemoryStreams } from '../stores/database/memory.ts';");
    accepts('server/src/app/x.ts', "import { PgStreams } from '../stores/database/pglite.ts';");
  });

  it('give stores/ their ports and nothing else', () => {
    accepts('server/src/stores/database/x.ts', "import type { Streams } from '../../control/ports.ts';");
    accepts('server/src/stores/database/x.ts', "import { schema } from './schema.ts';");
    refuses('server/src/stores/database/x.ts', "import { y } from '../../control/index.ts';", /ports\.ts only/);
  });

  it('hold every file of the server', () => {
    refuses('server/src/main.ts', 'export {};', /room/);
  });
});

describe('the rest of the house', () => {
  it('lets tests and bench import anything', () => {
    accepts('tests/e2e/x.test.ts', "import { y } from '../../server/src/live/source.ts';");
    accepts('bench/x.bench.ts', "import { y } from '@headend/server';");
  });

  it('keeps Node out of the site, not out of its build', () => {
    refuses('web/src/x.ts', "import fs from 'node:fs';", /browser/);
    accepts('web/vite.config.ts', "import path from 'node:path';");
  });

  it('asks relative imports for their extension and their file', () => {
    refuses('tools/src/x.ts', "import { y } from './y';", /extension/);
    const found = problems('tools/src/x.ts', "import { y } from './y.js';", (file) => file.endsWith('.ts'));
    assert.match(found[0], /no such file/);
    accepts('web/src/x.ts', "import logo from './logo.svg?url';");
  });
});

describe('findCycles', () => {
  it('names the whole way round', () => {
    const files = new Map([
      ['a/x.ts', "import './y.ts';"],
      ['a/y.ts', "import type { Z } from '../b/z.ts';"],
      ['b/z.ts', "import '../a/x.ts';"],
      ['b/free.ts', "import './z.ts';"],
    ]);
    assert.deepEqual(findCycles(files), [['a/x.ts', 'a/y.ts', 'b/z.ts', 'a/x.ts']]);
  });

  it('finds none in a tree', () => {
    const files = new Map([
      ['a.ts', "import './b.ts'; import './c.ts';"],
      ['b.ts', "import './c.ts';"],
      ['c.ts', ''],
    ]);
    assert.deepEqual(findCycles(files), []);
  });
});
