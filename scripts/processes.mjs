// Which processes a test file left behind. Every process of a file carries a mark in its environment and, unless it asked for its own,
// the file's process group. Linux only (/proc); elsewhere the answer is "none".

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const MARK = 'HEADEND_TEST_FILE';

/** Alive ones (not zombies), as `{ pid, command }`. */
export function markedProcesses(mark, group) {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const stat = read(name, 'stat');
      // The command in parentheses may hold spaces and parentheses; state, parent and group follow the last one.
      const [state, , processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (stat === '' || state === 'Z' || state === 'X') return [];
      if (Number(processGroup) !== group && !`\0${read(name, 'environ')}`.includes(`\0${MARK}=${mark}\0`)) return [];
      return [{ pid: Number(name), command: read(name, 'cmdline').replaceAll('\0', ' ').trim().slice(0, 160) }];
    });
}

/** A process may end between the listing and the reading. */
function read(pid, file) {
  try {
    return readFileSync(path.join('/proc', pid, file), 'utf8');
  } catch {
    return '';
  }
}

export function killAll(processes) {
  for (const { pid } of processes) kill(pid);
}

/** SIGKILL to a process, or with a negative number to a group. Being gone already is fine. */
export function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
