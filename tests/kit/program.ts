// Child processes of tests: found or skipped with a named reason, their output kept, and always ended with the test.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { afterwards } from './cleanup.ts';

const KEPT_OUTPUT = 200_000;
const KILL_AFTER_MS = 8_000;

export const has = (program: string): boolean => spawnSync('which', [program], { stdio: 'ignore' }).status === 0;

/** For `test(name, { skip: missing('ffmpeg') }, …)`: false when it is there, else the reason. */
export const missing = (...programs: readonly string[]): string | false => {
  const absent = programs.filter((program) => !has(program));
  return absent.length === 0 ? false : `${absent.join(', ')} is not installed`;
};

export class Program {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  #output = '';

  constructor(
    command: string,
    args: readonly string[],
    options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
  ) {
    this.child = spawn(command, args, {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
    };
    this.child.stdout?.on('data', keep);
    this.child.stderr?.on('data', keep);
    this.exited = new Promise((resolve) => {
      this.child.once('error', (error) => {
        this.#output += String(error);
        resolve(null);
      });
      this.child.once('close', (code) => resolve(code));
    });
  }

  /** Standard output and error together, the newest part. */
  get output(): string {
    return this.#output;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.running) return;
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), KILL_AFTER_MS);
    await this.exited;
    clearTimeout(timer);
  }
}

/** Starts a program that ends with the test at the latest. */
export const start = (
  t: TestContext,
  command: string,
  args: readonly string[],
  options?: ConstructorParameters<typeof Program>[2],
): Program => {
  const program = new Program(command, args, options);
  afterwards(t, () => program.stop('SIGKILL'));
  return program;
};

/** Runs a program to its end; throws with its output when it fails. */
export const runProgram = async (t: TestContext, command: string, args: readonly string[]): Promise<string> => {
  const program = start(t, command, args);
  const code = await program.exited;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${program.output.slice(-4000)}`);
  return program.output;
};
