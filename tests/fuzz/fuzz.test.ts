// Every parser of bytes or text that others send, under mutations of real inputs: nothing throws, nothing runs on, nothing grows beyond
// what its input explains. A failure prints target, seed, iteration and input; run.ts says how to repeat it or to run for longer.

import { describe, test } from 'node:test';
import { fuzzGroups } from './groups.ts';
import { fuzzGroup } from './run.ts';
import { countReads } from './work.ts';

describe('mutated inputs', () => {
  countReads();
  for (const [name, targets] of Object.entries(fuzzGroups)) test(name, (t) => fuzzGroup(t, targets));
});
