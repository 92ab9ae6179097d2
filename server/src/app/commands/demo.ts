// `headend demo`: the generated signal, in a process of its own. Its options are the demo's own (tools/src/demo/arguments.ts).

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { demoUsage } from '@headend/tools/demo/arguments';
import type { Command } from 'commander';

const DEMO_ENTRY = fileURLToPath(import.meta.resolve('@headend/tools/demo/main'));

/** Starts the demo as a child. The IPC channel is its lifeline: when this process dies, however it dies, the demo ends too. */
export const spawnDemo = (args: readonly string[], stdio: 'inherit' | 'ignore') =>
  spawn(process.execPath, [DEMO_ENTRY, ...args], { stdio: [stdio, stdio, stdio, 'ipc'] });

export const addDemoCommand = (program: Command): void => {
  program
    .command('demo')
    .description('publish a generated picture and sound with a burned-in clock to a running server')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[options...]', 'options of the demo; headend demo --help lists them')
    .addHelpText('after', demoUsage)
    .action(async (args: readonly string[]) => {
      const child = spawnDemo(args, 'inherit');
      // The terminal sends Ctrl-C to both; a kill of this process alone must reach the child.
      const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
      process.on('SIGINT', () => undefined).on('SIGTERM', forward);
      process.exitCode = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)));
    });
};
