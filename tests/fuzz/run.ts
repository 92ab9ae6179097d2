// Runs targets for a time, and says what is needed to see a failure again: target, seed, iteration and the input itself.
// HEADEND_FUZZ_SECONDS  time for each group of targets (default 1)
// HEADEND_FUZZ_SEED     repeats a run: iteration n of a target is the same input whatever the time allowed
// HEADEND_FUZZ_TARGET   only targets whose name contains this
// HEADEND_FUZZ_INPUT    base64: runs just this input, through the chosen target

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { TestContext } from 'node:test';
import { Script } from 'node:vm';
import { randomFrom } from '../kit/seed.ts';
import { hostileInput } from './mutate.ts';
import type { Target } from './target.ts';
import { allowReads, checkSize, TooMuchWork } from './work.ts';

const DEFAULT_SECONDS = 1;
/** Run at least so many after the corpus, however slow the machine is. */
const MIN_ITERATIONS = 50;
const BATCH = 100;
/** Not a measure of speed: a batch takes milliseconds, and only a loop without end takes this long. */
const HANG_MS = 30_000;

const setting = (name: string): string | undefined => process.env[`HEADEND_FUZZ_${name}`];

/** One for the whole run. */
const seed = Number(setting('SEED') ?? Math.floor(Math.random() * 2 ** 31));
const seconds = Number(setting('SECONDS') ?? DEFAULT_SECONDS);
assert.ok(Number.isFinite(seed) && Number.isFinite(seconds), 'HEADEND_FUZZ_SEED and HEADEND_FUZZ_SECONDS are numbers');

/** Depends on these and the seed and on nothing else, so that any iteration can be had by itself. */
const iterationSeed = (target: string, iteration: number): number =>
  createHash('sha256').update(`${seed}\n${target}\n${iteration}`).digest().readUInt32BE();

const inputAt = (target: Target, iteration: number): Uint8Array =>
  target.corpus[iteration] ?? hostileInput(target, randomFrom(iterationSeed(target.name, iteration)));

type Running = { readonly target: Target; iteration: number; input: Uint8Array };

const failure = ({ target, iteration, input }: Running, cause: unknown): Error =>
  new Error(
    [
      `${target.name}: ${cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)}`,
      `  seed ${seed}, iteration ${iteration}: HEADEND_FUZZ_SEED=${seed} HEADEND_FUZZ_TARGET='${target.name}' repeats the run`,
      `  HEADEND_FUZZ_TARGET='${target.name}' HEADEND_FUZZ_INPUT=${Buffer.from(input).toString('base64')} repeats the input`,
    ].join('\n'),
    { cause },
  );

/** The vm's time limit is the one way to interrupt a synchronous loop; it holds for everything that runs below the call. */
const interruptible = (work: () => void): void => {
  Reflect.set(globalThis, 'headendFuzzWork', work);
  try {
    new Script('headendFuzzWork()').runInThisContext({ timeout: HANG_MS });
  } catch (error) {
    const hung = error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    throw hung ? new TooMuchWork('the parser does not come to an end') : error;
  } finally {
    Reflect.deleteProperty(globalThis, 'headendFuzzWork');
  }
};

/** One input; a promise that comes back is still to be measured. */
const parse = ({ target, input }: Running): Promise<unknown> | undefined => {
  allowReads(input.length);
  const output = target.run(input);
  if (output instanceof Promise) return output;
  checkSize(output, input.length, target.allowance);
  return undefined;
};

/** `count` iterations from where `running` stands; one that returns a promise interrupts the batch until it is settled. */
const runBatch = async (running: Running, count: number): Promise<void> => {
  const { target } = running;
  for (const end = running.iteration + count; running.iteration < end; ) {
    let pending: Promise<unknown> | undefined;
    interruptible(() => {
      while (running.iteration < end) {
        running.input = inputAt(target, running.iteration);
        pending = parse(running);
        if (pending !== undefined) return;
        running.iteration += 1;
      }
    });
    if (pending === undefined) continue;
    checkSize(await pending, running.input.length, target.allowance);
    running.iteration += 1;
  }
};

const fuzzTarget = async (target: Target, milliseconds: number): Promise<number> => {
  const running: Running = { target, iteration: 0, input: new Uint8Array(0) };
  const until = performance.now() + milliseconds;
  try {
    await runBatch(running, target.corpus.length + MIN_ITERATIONS);
    while (performance.now() < until) await runBatch(running, BATCH);
  } catch (error) {
    throw failure(running, error);
  }
  return running.iteration;
};

/** Shares the group's time out among its targets. */
export const fuzzGroup = async (t: TestContext, targets: readonly Target[]): Promise<void> => {
  const chosen = targets.filter(({ name }) => name.includes(setting('TARGET') ?? ''));
  const given = setting('INPUT');
  if (given !== undefined) {
    const input = new Uint8Array(Buffer.from(given, 'base64'));
    for (const target of chosen) await parse({ target, iteration: 0, input });
    return;
  }
  t.diagnostic(`seed ${seed} (HEADEND_FUZZ_SEED=${seed} repeats it)`);
  let iterations = 0;
  for (const target of chosen) iterations += await fuzzTarget(target, (seconds * 1000) / chosen.length);
  t.diagnostic(`${iterations} inputs through ${chosen.length} targets`);
};
