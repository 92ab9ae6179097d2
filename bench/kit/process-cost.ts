// What a process costs, told by the kernel: CPU time of all its threads, and resident memory (proc(5)).

import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** sysconf(_SC_CLK_TCK): 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** After the command in parentheses, which may hold spaces: utime and stime are fields 14 and 15, the state is field 3. */
const UTIME_AFTER_COMMAND = 11;
const MEBIBYTE = 2 ** 20;

/** CPU seconds so far, user and system, all threads, finished ones included; not its children's. */
export const cpuSeconds = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME_AFTER_COMMAND]) + Number(fields[UTIME_AFTER_COMMAND + 1])) / TICKS_PER_SECOND;
};

export const residentMiB = (pid: number): number => {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return (Number(kib) * 1024) / MEBIBYTE;
};

/** Share of one core, in per cent, that each process used over the time. */
export const coreShares = async (pids: readonly number[], seconds: number): Promise<readonly number[]> => {
  const before = pids.map(cpuSeconds);
  const startedAt = performance.now();
  await wait(seconds * 1000);
  const elapsed = (performance.now() - startedAt) / 1000;
  return pids.map((pid, i) => ((cpuSeconds(pid) - (before[i] ?? 0)) / elapsed) * 100);
};
