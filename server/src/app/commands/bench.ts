// `headend bench`: the measurements of bench/, each beside a peer or a limit (bench/README.md).

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError } from '@headend/core';
import type { Command } from 'commander';

const BENCH_ENTRY = fileURLToPath(new URL('../../../../bench/run.ts', import.meta.url));

export const addBenchCommand = (program: Command): void => {
  program
    .command('bench')
    .description('measure this machine: latency, CPU and memory per stream, fan-out')
    .argument('[names...]', 'benchmarks to run; all when none is named')
    .action(async (names: readonly string[]) => {
      if (!existsSync(BENCH_ENTRY))
        throw new AppError('bad_request', 'The benchmarks are part of the source tree; run this in a checkout.');
      const child = spawn(process.execPath, [BENCH_ENTRY, ...names], { stdio: 'inherit' });
      process.exitCode = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)));
    });
};
