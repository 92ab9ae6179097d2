// Runs benchmarks one after the other and prints their figures: `npm run bench`, `headend bench`. Exit code 1 when a goal is missed.
//   run.ts [names…] [--write] [--quick] [--list]

import { parseArgs } from 'node:util';
import { blockedRelease } from './blocked-release.ts';
import { fiftyPublishers } from './fifty-publishers.ts';
import { glassToGlass } from './glass-to-glass.ts';
import { type Benchmark, figureTable, type Outcome, verdictOf } from './kit/figure.ts';
import { commit, load, processor } from './kit/machine.ts';
import { appendResults } from './kit/results-file.ts';
import { originThroughput } from './origin-throughput.ts';
import { streamCost } from './stream-cost.ts';

const benchmarks: readonly Benchmark[] = [glassToGlass, streamCost, blockedRelease, fiftyPublishers, originThroughput];

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** What is running, so that an interrupted run leaves nothing behind either. */
const current: { resources?: AsyncDisposableStack } = {};

const withinLimit = async (benchmark: Benchmark, outcome: Promise<Outcome>): Promise<Outcome> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not done after ${benchmark.limitSeconds} s`)), benchmark.limitSeconds * 1000);
  try {
    return await Promise.race([outcome, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};

const runOne = async (benchmark: Benchmark, quick: boolean): Promise<Outcome> => {
  const resources = new AsyncDisposableStack();
  current.resources = resources;
  try {
    return await withinLimit(benchmark, benchmark.run({ resources, quick, log: (line) => print(`  … ${line}`) }));
  } finally {
    await resources.disposeAsync();
  }
};

const choose = (names: readonly string[]): readonly Benchmark[] => {
  const unknown = names.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0)
    throw new Error(`no such benchmark: ${unknown.join(', ')}; there are ${benchmarks.map(({ name }) => name).join(', ')}`);
  return names.length === 0 ? benchmarks : benchmarks.filter(({ name }) => names.includes(name));
};

/** Whether all goals were met. */
const runAndReport = async (benchmark: Benchmark, options: { readonly write: boolean; readonly quick: boolean }): Promise<boolean> => {
  const before = { load: load(), commit: commit() };
  print(`\n${benchmark.name}: ${benchmark.summary} (load ${before.load.toFixed(2)})`);
  try {
    const outcome = await runOne(benchmark, options.quick);
    print(`${figureTable(outcome.figures)}\n  conditions: ${outcome.conditions}`);
    if (options.write) appendResults(benchmark.name, outcome, before);
    return outcome.figures.every((figure) => verdictOf(figure) !== 'missed');
  } catch (error) {
    print(`  failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return false;
  }
};

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { write: { type: 'boolean' }, quick: { type: 'boolean' }, list: { type: 'boolean' } },
  });
  if (values.list) {
    for (const { name, summary } of benchmarks) print(`${name.padEnd(20)}${summary}`);
    return;
  }
  const quick = values.quick ?? false;
  if (quick && values.write) throw new Error('--quick shows that the benchmarks work; its figures are not worth writing down');
  print(`${processor()}, Node ${process.versions.node}, commit ${commit()}${quick ? ', quick' : ''}`);
  const verdicts: boolean[] = [];
  for (const benchmark of choose(positionals)) verdicts.push(await runAndReport(benchmark, { write: values.write ?? false, quick }));
  if (verdicts.includes(false)) process.exitCode = 1;
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void (current.resources?.disposeAsync() ?? Promise.resolve()).finally(() => process.exit(130));
  });
}
try {
  await main();
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
