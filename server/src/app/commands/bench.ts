// `headend bench`: the measurements of bench/, each beside a peer or a limit (bench/README.md).

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError } from '@headend/core';
import type { Command } from 'commander';

const BENCH_ENTRY = fileURLToPath(new URL('../../../../bench/run.ts', import.meta.url));

const flagNames = ['write', 'quick', 'list'] as const;
type BenchOptions = { readonly [Flag in (typeof flagNames)[number]]?: true };

export const addBenchCommand = (program: Command): void => {
  program
    .command('bench')
    .description('measure this machine: latency, CPU and memory per stream, fan-out')
    .argument('[names...]', 'benchmarks to run; all when none is named')
    .option('--write', 'append the figures to bench/RESULTS.md')
    .option('--quick', 'short runs that only show that the benchmarks work')
    .option('--list', 'name the benchmarks')
    .action(async (names: readonly string[], options: BenchOptions) => {
      if (!existsSync(BENCH_ENTRY))
        throw new AppError('bad_request', 'The benchmarks are part of the source tree; run this in a checkout.');
      const flags = flagNames.filter((flag) => options[flag]).map((flag) => `--${flag}`);
      const child = spawn(process.execPath, [BENCH_ENTRY, ...names, ...flags], { stdio: 'inherit' });
      process.exitCode = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)));
    });
};
