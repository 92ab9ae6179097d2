// The house rules as a check: who may import whom, no cycles, cores without clock, randomness or environment.
// CONTRIBUTING.md gives the reasons. The rules are pure functions of (file, source), so boundaries.test.mjs feeds them strings.
// Imports are found by a scanner for statements, not by a parser: code that hides an import in a string is not a case we have.

import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesUnder } from './files.mjs';
import { scanImports, stripComments } from './imports.mjs';
import { root } from './node24.mjs';

/** A package may import the ones named here: those before it in the list. `manifest` knows timelines, not media. */
export const PACKAGE_IMPORTS = {
  core: [],
  media: ['core'],
  rtmp: ['core', 'media'],
  manifest: ['core'],
  player: ['core', 'media', 'rtmp', 'manifest'],
};

const SCANNED = ['packages', 'server/src', 'tools', 'web', 'tests', 'bench'];
const TEST_FILE = /\.(test|bench|test-d)\.tsx?$/;
const BUILTIN = new Set(builtinModules);

const CLOCKS = [
  [/\bDate\.now\b/, 'Date.now: time comes in as an argument.'],
  [/\bnew Date\(\s*\)/, 'new Date(): time comes in as an argument.'],
  [/\bperformance\.now\b/, 'performance.now: time comes in as an argument.'],
  [/\bMath\.random\b/, 'Math.random: randomness comes in as an argument.'],
  [/\bprocess\.env\b/, 'process.env: configuration comes in as an argument.'],
];

/** `packages/rtmp/src/amf/x.ts` → { area: 'packages', unit: 'rtmp', … }; `server/src/live/x.ts` → { area: 'server', unit: 'live', … }. */
function place(file) {
  const parts = file.split('/');
  if (parts[0] === 'packages') return { area: 'packages', unit: parts[1], home: `packages/${parts[1]}/`, driver: parts[3] === 'node' };
  if (parts[0] === 'server' && parts[1] === 'src') {
    const unit = parts.length > 3 ? parts[2] : '';
    return { area: 'server', unit, home: `server/src/${unit}/`, driver: false };
  }
  return { area: parts[0], unit: '', home: `${parts[0]}/`, driver: false };
}

/** Everything wrong with one file by itself, as sentences. `exists` answers for paths relative to the root. */
export function violationsIn(file, source, exists) {
  const from = { ...place(file), file, test: TEST_FILE.test(file) };
  const found = [];
  if (from.area === 'server' && from.unit === '') found.push('a server file lives in a room: server/src/<room>/.');
  for (const statement of scanImports(source)) {
    const problem = statement.specifier.startsWith('.') ? relativeProblem(from, statement, exists) : packageProblem(from, statement);
    if (problem !== undefined) found.push(`imports '${statement.specifier}': ${problem}`);
  }
  const isCore = from.area === 'packages' && from.unit !== 'player' && !from.driver && !from.test;
  if (isCore) for (const [pattern, why] of CLOCKS) if (pattern.test(stripComments(source))) found.push(why);
  return found.map((problem) => `${file}: ${problem}`);
}

function packageProblem(from, { specifier }) {
  const ours = /^@headend\/([^/]+)/.exec(specifier)?.[1];
  if (ours === undefined) {
    const builtin = specifier.startsWith('node:') || BUILTIN.has(specifier);
    if (builtin && !specifier.startsWith('node:')) return 'write the node: prefix.';
    if (builtin && from.area === 'packages' && !from.driver && !from.test)
      return 'package cores are sans-IO; sockets and files live in src/node/.';
    if (builtin && from.area === 'web' && from.file.startsWith('web/src/') && !from.test) return 'the site runs in a browser.';
    return undefined;
  }
  if (ours === 'server')
    return from.area === 'tests' || from.area === 'bench' ? undefined : 'nothing imports the server; it is the top of the house.';
  if (ours === 'web') return 'nothing imports the site.';
  if (from.area !== 'packages') return undefined;
  const allowed = PACKAGE_IMPORTS[from.unit];
  if (allowed === undefined) return `give packages/${from.unit} its place in PACKAGE_IMPORTS (scripts/boundaries.mjs).`;
  if (ours === from.unit) return 'a package imports its own files by relative paths.';
  return allowed.includes(ours) ? undefined : `${from.unit} may import only: ${allowed.join(', ') || 'no other package'}.`;
}

function relativeProblem(from, { specifier, typeOnly }, exists) {
  const bare = specifier.replace(/\?.*$/, '');
  const target = path.posix.join(path.posix.dirname(from.file), bare);
  if (path.posix.extname(bare) === '') return 'relative imports carry their extension (.ts).';
  if (!exists(target)) return 'there is no such file.';
  if (from.area === 'tests' || from.area === 'bench' || target.startsWith(from.home)) return undefined;
  if (from.area !== 'server') return `leaves ${from.home}; import the package by its name.`;
  return roomProblem(from, target, typeOnly);
}

/** From one room of the server into another. */
function roomProblem(from, target, typeOnly) {
  const to = place(target);
  // One contract suite per port runs on every adapter: the adapter's test calls it.
  if (from.file.endsWith('.test.ts') && target.startsWith('tests/contracts/')) return undefined;
  if (to.area !== 'server') return 'leaves server/src/; import the package by its name.';
  if (from.unit === 'app') return undefined;
  if (to.unit === 'app') return 'app/ composes the rooms; no room knows it.';
  const file = target.slice(to.home.length);
  if (from.unit === 'stores' && !from.test)
    return file === 'ports.ts' ? undefined : "stores/ implements ports: it imports other rooms' ports.ts only.";
  if (to.unit === 'stores') return from.test ? undefined : 'only app/ picks adapters; take the port as an argument.';
  if (file === 'index.ts') return undefined;
  if (file === 'ports.ts') return typeOnly ? undefined : 'ports are types: use `import type`.';
  return `reaches into ${to.unit}/; import server/src/${to.unit}/index.ts.`;
}

/** Import cycles among `files` (a Map from path to source), each as a list of paths that ends where it starts. */
export function findCycles(files) {
  const edges = new Map();
  for (const [file, source] of files) {
    const targets = scanImports(source).filter(({ specifier }) => specifier.startsWith('.'));
    edges.set(
      file,
      targets.map(({ specifier }) => path.posix.join(path.posix.dirname(file), specifier)).filter((target) => files.has(target)),
    );
  }
  const state = new Map();
  const trail = [];
  const cycles = [];
  const visit = (file) => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      cycles.push([...trail.slice(trail.indexOf(file)), file]);
      return;
    }
    state.set(file, 'open');
    trail.push(file);
    for (const target of edges.get(file)) visit(target);
    trail.pop();
    state.set(file, 'done');
  };
  for (const file of files.keys()) visit(file);
  return cycles;
}

/** The whole tree. */
export function checkBoundaries() {
  const paths = SCANNED.flatMap((start) => filesUnder(start, (file) => /\.tsx?$/.test(file)));
  const files = new Map(paths.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));
  const exists = (file) => existsSync(path.join(root, file));
  const problems = [...files].flatMap(([file, source]) => violationsIn(file, source, exists));
  problems.push(...findCycles(files).map((cycle) => `import cycle: ${cycle.join(' → ')}`));
  return { problems, notes: [`${files.size} files`] };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { problems } = checkBoundaries();
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
