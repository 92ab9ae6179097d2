// Brings node_modules to what package-lock.json says, and does nothing when it is already there.
// Dependencies may not run code at install time (.npmrc: ignore-scripts); the ones package.json's `allowScripts` names
// with `true` run afterwards, by name. No dependencies of its own: this is the first thing that runs in a clean clone.
// `npm install --no-save` instead of `npm ci`: a registry that lacks the optional binaries of other platforms leaves them out of
// the lockfile, and `npm ci` then refuses the whole lockfile. lockMismatch() restores the strictness that `npm ci` would give.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { node24Version, root } from './node24.mjs';

const LOWEST_NODE = [20, 19];
const STAMP = path.join(root, 'node_modules', '.headend-install');

export class InstallError extends Error {
  name = 'InstallError';
}

const readJson = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));

/** Installs when package-lock.json, allowScripts or the platform changed since the last time. Returns whether it did anything. */
export function installIfNeeded({ log = console.log } = {}) {
  requireNode();
  const manifest = readJson('package.json');
  const stamp = fingerprint(manifest);
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp && existsSync(path.join(root, 'node_modules', '.bin', 'node')))
    return false;

  const stale = lockMismatch() !== undefined;
  if (stale) installPackages(log);
  if (stale || node24Version() !== manifest.dependencies.node) runAllowedScripts(manifest, log);

  const version = node24Version();
  if (version !== manifest.dependencies.node) {
    throw new InstallError(
      `Node ${manifest.dependencies.node} is not in node_modules (found ${version ?? 'none that runs'}). Run \`npm install\`, commit the lockfile, try again.`,
    );
  }
  writeFileSync(STAMP, stamp);
  return true;
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [needMajor, needMinor] = LOWEST_NODE;
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return;
  throw new InstallError(`Headend needs Node ${needMajor}.${needMinor} or later to start with; this is ${process.versions.node}.`);
}

function fingerprint(manifest) {
  const hash = createHash('sha256').update(readFileSync(path.join(root, 'package-lock.json')));
  return hash.update(JSON.stringify([manifest.allowScripts, process.platform, process.arch])).digest('hex');
}

/** The first difference between node_modules and package-lock.json; undefined when it is as locked. */
function lockMismatch() {
  const installedLock = path.join('node_modules', '.package-lock.json');
  if (!existsSync(path.join(root, installedLock))) return 'nothing is installed';
  const installed = readJson(installedLock).packages;
  const locked = readJson('package-lock.json').packages;
  // Optional packages are binaries for some platform: absent here, or absent from the lockfile when its registry did not have them.
  const required = (entries) => Object.entries(entries).filter(([where, entry]) => where.includes('node_modules/') && !isOptional(entry));
  for (const [where] of required(locked)) if (installed[where] === undefined) return `${where} is missing`;
  for (const [where] of required(installed)) if (locked[where] === undefined) return `${where} is not in the lockfile`;
  for (const [where, { version, integrity }] of Object.entries(installed)) {
    const wanted = locked[where];
    if (wanted !== undefined && (wanted.version !== version || wanted.integrity !== integrity)) {
      return `${where} is ${version}, locked is ${wanted.version}`;
    }
  }
  return undefined;
}

const isOptional = ({ optional, devOptional }) => optional === true || devOptional === true;

function installPackages(log) {
  log('Installing dependencies (the first time takes about half a minute) …');
  // --include=dev: NODE_ENV=production would otherwise leave out the bundler that builds the site.
  npm(['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
  const mismatch = lockMismatch();
  if (mismatch !== undefined) {
    throw new InstallError(`package-lock.json does not fit package.json (${mismatch}). Run \`npm install\` and commit the lockfile.`);
  }
}

function runAllowedScripts(manifest, log) {
  const names = Object.keys(manifest.allowScripts).filter((name) => manifest.allowScripts[name] === true);
  if (names.length === 0) return;
  log(`Running the install scripts allowed in package.json: ${names.join(', ')} …`);
  npm(['rebuild', ...names, '--ignore-scripts=false', '--loglevel=error']);
}

function npm(args) {
  const result = spawnSync('npm', args, {
    cwd: root,
    env: environmentForNpm(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 << 20,
    shell: process.platform === 'win32',
  });
  if (result.error?.code === 'ENOENT') throw new InstallError('npm was not found; it comes with Node.js.');
  if (result.status !== 0)
    throw new InstallError(`\`npm ${args.join(' ')}\` failed:\n${result.stderr || result.stdout || result.error?.message}`);
}

/** Without what an outer `npm test` or `npm start` set for its own script: the inner npm must look at the folder it runs in. */
function environmentForNpm() {
  const outer = /^npm_(lifecycle_|package_|command$|config_(local_prefix|workspace|workspaces)$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
}

/** For the other scripts: installs, or ends the process with the readable message. */
export function installOrExit(options) {
  try {
    return installIfNeeded(options);
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(installOrExit() ? 'Installed.' : 'Already installed.');
}
