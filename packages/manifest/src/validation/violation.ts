// What the validator reports. A rule's code is stable, so that tests and monitoring can name it.

export type Violation = {
  /** MUST / MUST NOT / REQUIRED, or SHOULD / RECOMMENDED of the draft (the low-latency profile of appendix B.1 counts as SHOULD). */
  readonly level: 'must' | 'should';
  readonly rule: string;
  readonly message: string;
  readonly line?: number;
};

export const must = (rule: string, message: string, line?: number): Violation =>
  line === undefined ? { level: 'must', rule, message } : { level: 'must', rule, message, line };

export const should = (rule: string, message: string, line?: number): Violation =>
  line === undefined ? { level: 'should', rule, message } : { level: 'should', rule, message, line };

/** Violations for those entries that hold; keeps a rule list readable as a table. */
export const when = (condition: boolean, violation: () => Violation): readonly Violation[] => (condition ? [violation()] : []);
