// Runs a program to its end and returns what it printed; it does not outlive the benchmark.

import { Program } from '../../tests/kit/program.ts';
import { owned } from './server.ts';

export const runToEnd = async (resources: AsyncDisposableStack, command: string, args: readonly string[]): Promise<string> => {
  const program = owned(resources, new Program(command, args));
  const code = await program.exited;
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${program.output.slice(-2000)}`);
  return program.output;
};
