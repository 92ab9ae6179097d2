// Under which conditions a figure was taken: processor, load, Node and commit.

import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const git = (...args: readonly string[]): string => spawnSync('git', [...args], { cwd: ROOT, encoding: 'utf8' }).stdout?.trim() ?? '';

/** Short hash, with a plus when the sources differ from it. Results themselves do not count. */
export const commit = (): string => {
  const hash = git('rev-parse', '--short', 'HEAD') || 'unknown';
  const changed = git(
    'status',
    '--porcelain',
    '--untracked-files=no',
    '--',
    'packages',
    'server',
    'web',
    'tools',
    'bench/*.ts',
    'bench/kit',
  );
  return changed === '' ? hash : `${hash}+`;
};

export const processor = (): string => {
  const all = cpus();
  return `${all.length} × ${all[0]?.model.trim() ?? 'unknown processor'}`;
};

/** The load average of the last minute: what the machine was busy with before the benchmark began. */
export const load = (): number => loadavg()[0] ?? Number.NaN;
