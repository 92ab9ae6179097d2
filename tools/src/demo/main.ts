// The demo as a program: `headend demo` starts it as a child process, so that the server never encodes. Ends on SIGINT and SIGTERM,
// and when a parent that holds an IPC channel goes away. Exit codes: 0 done or stopped, 1 refused or failed, 2 wrong arguments.

import { AppError } from '@headend/core';
import { demoUsage, parseDemoArguments } from './arguments.ts';
import { bootstrapDestination, type Destination } from './destination.ts';
import { withoutKey } from './rtmp-connection.ts';
import { runDemo } from './run-demo.ts';
import { statusLine } from './status-line.ts';

const stopSignal = (): AbortSignal => {
  const stop = new AbortController();
  const once = (): void => {
    if (stop.signal.aborted) process.exit(1);
    stop.abort();
  };
  process.on('SIGINT', once);
  process.on('SIGTERM', once);
  process.on('disconnect', () => stop.abort());
  return stop.signal;
};

const main = async (): Promise<void> => {
  const given = parseDemoArguments(process.argv.slice(2), process.env);
  if (given.help) {
    process.stdout.write(demoUsage);
    return;
  }
  const found: Destination = given.url === undefined ? await bootstrapDestination(given.dataFolder) : { url: given.url };
  const destination: Destination = given.key === undefined ? found : { ...found, key: given.key };
  const onStatus = statusLine(process.stdout, withoutKey(destination.url, destination.key));
  await runDemo({ ...given.signal, ...destination, onStatus }, stopSignal());
};

try {
  await main();
  process.stdout.write('demo: stopped\n');
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof AppError && error.code === 'bad_request' ? 2 : 1;
}
// An IPC channel to a parent would keep the process alive.
if (process.connected) process.disconnect();
