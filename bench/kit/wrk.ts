// wrk, the HTTP load client (Debian: wrk), and what its report says.

import { runToEnd } from './run-to-end.ts';

export type WrkReport = { readonly requestsPerSecond: number; readonly megabytesPerSecond: number };

const UNITS: Readonly<Record<string, number>> = { B: 1e-6, KB: 1024e-6, MB: 1.048576, GB: 1073.741824 };

/** wrk counts in powers of 1024. */
export const parseWrk = (output: string): WrkReport => {
  const [, requests] = /^Requests\/sec:\s+([\d.]+)$/m.exec(output) ?? [];
  const [, amount, unit] = /^Transfer\/sec:\s+([\d.]+)([KMG]?B)$/m.exec(output) ?? [];
  if (requests === undefined || amount === undefined || unit === undefined) throw new Error(`wrk said:\n${output}`);
  const [refused] = /Non-2xx or 3xx responses: \d+|Socket errors: (?!connect 0, read 0, write 0, timeout 0).*/.exec(output) ?? [];
  if (refused !== undefined) throw new Error(`wrk: ${refused}`);
  return { requestsPerSecond: Number(requests), megabytesPerSecond: Number(amount) * (UNITS[unit] ?? Number.NaN) };
};

/** One thread: the other core is the server's. */
export const wrk = async (resources: AsyncDisposableStack, url: string, connections: number, seconds: number): Promise<WrkReport> =>
  parseWrk(await runToEnd(resources, 'wrk', ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '5s', url]));
