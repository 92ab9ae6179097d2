// What a benchmark says: figures, each with its goal if it has one, and with what stands beside it (a peer or a limit of the same run).

export type Goal = { readonly atMost: number } | { readonly atLeast: number };

export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Digits after the point; 0 when absent. */
  readonly digits?: number;
  readonly goal?: Goal;
  /** A peer's figure or a limit, measured in the same run. */
  readonly beside?: string;
};

export type Outcome = {
  readonly figures: readonly Figure[];
  /** What was running, in one line. */
  readonly conditions: string;
};

export type Benchmark = {
  readonly name: string;
  readonly summary: string;
  /** It is ended, with everything that it started, after this long. */
  readonly limitSeconds: number;
  run(bench: BenchContext): Promise<Outcome>;
};

export type BenchContext = {
  /** Everything started or created is handed to this stack, which is undone when the benchmark is over. */
  readonly resources: AsyncDisposableStack;
  /** Short runs that show that a benchmark works; its figures are not to be kept. */
  readonly quick: boolean;
  /** Progress, for the person who waits. */
  log(line: string): void;
};

export type Verdict = 'met' | 'missed' | '';

/** A figure that could not be measured (NaN) has missed its goal. */
export const verdictOf = ({ value, goal }: Figure): Verdict => {
  if (goal === undefined) return '';
  const met = 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
  return met ? 'met' : 'missed';
};

const plain = (value: number, digits: number): string => (Number.isNaN(value) ? 'not measured' : value.toFixed(digits));

export const valueText = ({ value, unit, digits = 0 }: Figure): string => `${plain(value, digits)} ${unit}`.trim();

export const goalText = ({ goal, unit }: Figure): string => {
  if (goal === undefined) return '';
  return 'atMost' in goal ? `≤ ${goal.atMost} ${unit}`.trim() : `≥ ${goal.atLeast} ${unit}`.trim();
};

/** For people: one line a figure. */
export const figureTable = (figures: readonly Figure[]): string => {
  const rows = figures.map((figure) => [figure.name, valueText(figure), goalText(figure), verdictOf(figure), figure.beside ?? '']);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd()).join('\n');
};
