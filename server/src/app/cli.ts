// The `headend` command. Each subcommand is one file under commands/; problems end with a readable text and a non-zero status, no stack.

import { AppError } from '@headend/core';
import { Command } from 'commander';
import { addBenchCommand } from './commands/bench.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addKeysCommand } from './commands/keys.ts';
import { addProbeCommand } from './commands/probe.ts';
import { addServeCommand } from './commands/serve.ts';
import { explainFailure } from './failure.ts';

const program = new Command('headend')
  .description('Live streaming: RTMP in, LL-HLS out, one command.')
  .version('0.1.0')
  .showHelpAfterError('(headend --help lists the commands)');

addServeCommand(program);
addDemoCommand(program);
addKeysCommand(program);
addProbeCommand(program);
addDoctorCommand(program);
addBenchCommand(program);

try {
  await program.parseAsync(process.argv);
} catch (error) {
  console.error(explainFailure(error));
  process.exitCode = error instanceof AppError && error.code === 'bad_request' ? 2 : 1;
}
