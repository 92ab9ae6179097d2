// The meter as a program: `node tools/src/glass-to-glass/main.ts <watch page URL> [--seconds 15] [--settle 3] [--json]`.

import { parseArgs } from 'node:util';
import { measureGlassToGlass } from './measure.ts';
import { reportTable } from './report.ts';

const usage = `Measures a live page: latency from the burned-in clock, time to first frame, stalls, A/V offset.

  main.ts <url> [--seconds 15] [--settle 3] [--json]
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string' }, settle: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
});
const [url] = positionals;
const seconds = Number(values.seconds ?? '15');
const settleSeconds = Number(values.settle ?? '3');

if (url === undefined || values.help || !(seconds > 0 && seconds <= 3600) || !(settleSeconds >= 0)) {
  process.stdout.write(usage);
  process.exitCode = values.help ? 0 : 2;
} else {
  const report = await measureGlassToGlass({ url, seconds, settleSeconds });
  process.stdout.write(`${values.json ? JSON.stringify(report, null, 2) : reportTable(report)}\n`);
  process.exitCode = report.latencyMs === undefined ? 1 : 0;
}
