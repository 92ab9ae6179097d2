// bench/RESULTS.md: one row a figure, appended by `--write`, never rewritten.

import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { goalText, type Outcome, valueText, verdictOf } from './figure.ts';
import { processor } from './machine.ts';

const RESULTS = fileURLToPath(new URL('../RESULTS.md', import.meta.url));

const HEAD = `# Results

Rows that \`npm run bench -- --write\` has appended, newest last; [README.md](README.md) says what each figure means and how it is measured.
A plus behind a commit: the sources had changes of their own. Load is the machine's one-minute load average when the benchmark began.

| date | commit | benchmark | figure | value | goal | verdict | beside it | conditions |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
`;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Taken before the benchmark began: what it ran, and on how busy a machine. */
export type Before = { readonly load: number; readonly commit: string };

export const appendResults = (benchmark: string, { figures, conditions }: Outcome, before: Before): void => {
  if (!existsSync(RESULTS)) writeFileSync(RESULTS, HEAD);
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const machine = `${processor()}, load ${before.load.toFixed(2)}, Node ${process.versions.node}; ${conditions}`;
  const rows = figures.map((figure) => {
    const cells = [
      date,
      before.commit,
      benchmark,
      figure.name,
      valueText(figure),
      goalText(figure),
      verdictOf(figure),
      figure.beside ?? '',
      machine,
    ];
    return `| ${cells.map(cell).join(' | ')} |\n`;
  });
  appendFileSync(RESULTS, rows.join(''));
};
