// What a test opened is closed in reverse order: processes end before the folders they write to go. node:test runs its own `after` hooks in
// the order in which they were given, so that a folder would be deleted under a server that makes it anew.

import type { TestContext } from 'node:test';

type Cleanup = () => unknown;

const stacks = new WeakMap<TestContext, Cleanup[]>();

const runAll = async (stack: Cleanup[]): Promise<void> => {
  const failures: unknown[] = [];
  for (let run = stack.pop(); run !== undefined; run = stack.pop()) {
    try {
      await run();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'cleaning up after a test failed');
};

/** Runs after the test (or suite), after everything that is registered later. */
export const afterwards = (t: TestContext, run: Cleanup): void => {
  const known = stacks.get(t);
  if (known !== undefined) {
    known.push(run);
    return;
  }
  const stack = [run];
  stacks.set(t, stack);
  t.after(() => runAll(stack));
};
