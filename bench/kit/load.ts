// The load generator (tools/src/load) as a process of its own, so that its cost never counts as the server's.

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadReport } from '@headend/tools/load';
import { Program } from '../../tests/kit/program.ts';
import { benchFolder, owned } from './server.ts';

const LOAD = fileURLToPath(import.meta.resolve('@headend/tools/load/main'));

export type LoadPlan = {
  readonly url: string;
  readonly keys: readonly string[];
  /** Upper bound; a benchmark usually ends its load earlier. */
  readonly seconds: number;
  readonly bitrate: number;
  readonly size?: string;
};

export const MEGABIT = 1_000_000;

export class Load {
  readonly program: Program;

  constructor(program: Program) {
    this.program = program;
  }

  /** Ends it and reads its account of itself. */
  async finish(): Promise<LoadReport> {
    await this.program.stop();
    const line = this.program.output.split('\n').find((candidate) => candidate.startsWith('{'));
    if (line === undefined) throw new Error(`the load generator gave no report:\n${this.program.output.slice(-2000)}`);
    return JSON.parse(line) as LoadReport;
  }
}

export const startLoad = async (resources: AsyncDisposableStack, plan: LoadPlan): Promise<Load> => {
  const keys = path.join(await benchFolder(resources, 'keys'), 'keys');
  await writeFile(keys, plan.keys.join('\n'), { mode: 0o600 });
  const { url, seconds, bitrate, size = '1920x1080' } = plan;
  const args = ['--url', url, '--keys', keys, '--seconds', String(seconds), '--bitrate', String(bitrate), '--size', size, '--json'];
  return new Load(owned(resources, new Program(process.execPath, [LOAD, ...args])));
};

/** Megabits per second of media time, the mean of all publishers. */
export const bitrateOf = ({ publishers }: LoadReport): number =>
  publishers.reduce((sum, { bytesSent, mediaMs }) => sum + (bytesSent * 8) / mediaMs / 1000, 0) / publishers.length;
