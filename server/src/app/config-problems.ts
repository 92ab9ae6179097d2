// What is said about a configuration that cannot be used: the nearest name for one that does not exist, and the text that stops a start.
// Leaves out finding the problems (config-sources.ts, config.ts, config-rules.ts).

import { redact } from '../observe/index.ts';
import type { ConfigProblem } from './config-schema.ts';

const MAX_SHOWN_VALUE = 120;
const MAX_TYPO_DISTANCE = 3;

/** Levenshtein distance: the single-character changes between two names. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};

const nearest = (name: string, candidates: readonly string[]): string | undefined => {
  const ranked = candidates.map((candidate) => ({ candidate, far: distance(name.toLowerCase(), candidate.toLowerCase()) }));
  const best = ranked.sort((a, b) => a.far - b.far)[0];
  return best !== undefined && best.far <= MAX_TYPO_DISTANCE ? best.candidate : undefined;
};

export const didYouMean = (name: string, candidates: readonly string[]): string => {
  const guess = nearest(name, candidates);
  return guess === undefined ? 'no such setting; headend.example.yaml lists them all' : `no such setting; did you mean "${guess}"?`;
};

const shown = (value: unknown): string => {
  const text = redact(JSON.stringify(value) ?? String(value));
  return text.length > MAX_SHOWN_VALUE ? `${text.slice(0, MAX_SHOWN_VALUE)}…` : text;
};

/** The text that stops a start: one line a problem. */
export const formatProblems = (problems: readonly ConfigProblem[]): string =>
  [
    problems.length === 1 ? 'The configuration has a problem:' : `The configuration has ${problems.length} problems:`,
    ...problems.map((problem) => {
      const value = problem.value === undefined ? '' : ` is ${shown(problem.value)}`;
      return `  ${problem.key}${value} (from ${problem.source}); right would be: ${problem.expected}`;
    }),
  ].join('\n');
