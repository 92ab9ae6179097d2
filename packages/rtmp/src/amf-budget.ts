// Bookkeeping that both AMF readers share: the first error, the number of values, and the reference table.
// A reference costs as many values as what it repeats, so that a few bytes cannot unfold into millions of nodes; a reference to
// a container that is still open would make a cycle and is refused.

import type { WireError } from '@headend/core';
import type { AmfValue } from './amf-value.ts';
import { MAX_AMF_DEPTH, MAX_AMF_ELEMENTS, MAX_AMF_VALUES } from './limits.ts';

type Referable = { closed: boolean; value: AmfValue; weight: number };

export class AmfBudget {
  #values = 0;
  #error: WireError | undefined;

  get error(): WireError | undefined {
    return this.#error;
  }

  get values(): number {
    return this.#values;
  }

  /** Records the first error; always undefined, so that a parser can return it. */
  fail(code: string, message: string, offset: number): undefined {
    this.#error ??= { code, message, offset };
    return undefined;
  }

  /** Enters one value. False when a limit is reached. */
  enter(depth: number, offset: number): boolean {
    if (depth > MAX_AMF_DEPTH) this.fail('amf_depth', `values nest deeper than ${MAX_AMF_DEPTH}`, offset);
    this.spend(1, offset);
    return this.#error === undefined;
  }

  spend(values: number, offset: number): void {
    this.#values += values;
    if (this.#values > MAX_AMF_VALUES) this.fail('amf_values', `more than ${MAX_AMF_VALUES} values in one message`, offset);
  }

  /** Whether a container may take one more element. */
  room(elements: number, offset: number): boolean {
    if (elements >= MAX_AMF_ELEMENTS) this.fail('amf_elements', `more than ${MAX_AMF_ELEMENTS} elements in one container`, offset);
    return this.#error === undefined;
  }
}

export class AmfReferences {
  readonly #budget: AmfBudget;
  readonly #table: Referable[] = [];

  constructor(budget: AmfBudget) {
    this.#budget = budget;
  }

  /** Opens an entry before its content is read, as the formats number them. */
  open(): (value: AmfValue) => AmfValue {
    const entry: Referable = { closed: false, value: undefined, weight: 0 };
    const before = this.#budget.values;
    this.#table.push(entry);
    return (value) => {
      entry.closed = true;
      entry.value = value;
      entry.weight = this.#budget.values - before;
      return value;
    };
  }

  get(index: number, offset: number): AmfValue {
    const entry = this.#table[index];
    if (entry === undefined) return this.#budget.fail('amf_reference', 'reference to a value that was not sent', offset);
    if (!entry.closed) return this.#budget.fail('amf_cycle', 'reference to a container that is still open', offset);
    this.#budget.spend(entry.weight, offset);
    return entry.value;
  }
}
