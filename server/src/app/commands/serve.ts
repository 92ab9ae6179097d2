// `headend serve`: configuration, the server, the panel; a clean end on Ctrl-C and SIGTERM. `--demo` publishes the test signal beside it.

import type { ChildProcess } from 'node:child_process';
import { type Command, InvalidArgumentError } from 'commander';
import { createLog } from '../../observe/index.ts';
import { type Config, loadConfig } from '../config.ts';
import { formatProblems } from '../config-problems.ts';
import { renderPanel } from '../panel.ts';
import { type RunningServer, startServer } from '../server.ts';
import { spawnDemo } from './demo.ts';

type ServeOptions = { readonly config?: string; readonly demo?: true; readonly set: readonly (readonly [string, string])[] };

/** Closing writes what is open; a server that cannot within this time is ended all the same. */
const CLOSE_DEADLINE_MS = 10_000;

class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const assignment = (text: string, before: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('expected key=value, for example http.port=9000');
  return [...before, [text.slice(0, at), text.slice(at + 1)]];
};

const readConfig = (options: ServeOptions): { readonly config: Config; readonly warnings: readonly string[] } => {
  const loaded = loadConfig({ file: options.config, env: process.env, overrides: Object.fromEntries(options.set) });
  if (!loaded.ok) throw new ConfigError(formatProblems(loaded.error));
  return loaded.value;
};

const LOOPBACK = /^(127\.|::1$|localhost$)/;

const showPanel = (server: RunningServer, config: Config, demo: boolean): void => {
  const { urls, streamKey } = server.bootstrap;
  const facts = {
    watchUrl: urls.watch,
    watchHttpsUrl: urls.https ?? undefined,
    apiDocsUrl: `${urls.api}/docs`,
    rtmpUrl: urls.rtmp ?? '',
    rtmpsUrl: urls.rtmps ?? undefined,
    streamKey,
    dataFolder: config.data,
    adminSecret: server.newAdminSecret,
    localOnly: LOOPBACK.test(config.host),
    demo,
  };
  console.log(renderPanel(facts));
};

/** Resolves with the first reason to stop: a signal, or a part of the server that cannot go on. */
const untilStopped = (fatal: Promise<Error>): Promise<Error | undefined> =>
  new Promise((resolve) => {
    process.once('SIGINT', () => resolve(undefined));
    process.once('SIGTERM', () => resolve(undefined));
    fatal.then(resolve, resolve);
  });

const serve = async (options: ServeOptions): Promise<void> => {
  const { config, warnings } = readConfig(options);
  const log = createLog({ level: config.log.level, readable: process.stdout.isTTY });
  for (const warning of warnings) log.warn(warning);
  const fatal = Promise.withResolvers<Error>();
  const server = await startServer(config, log, fatal.resolve);
  const demo: ChildProcess | undefined = options.demo ? spawnDemo(['--data', config.data], 'ignore') : undefined;
  showPanel(server, config, demo !== undefined);
  demo?.once('close', (code) => log.warn({ code }, 'the test signal ended'));

  const reason = await untilStopped(fatal.promise);
  if (reason !== undefined) log.fatal({ err: reason }, 'the server cannot go on');
  demo?.removeAllListeners('close').kill('SIGTERM');
  const deadline = setTimeout(() => process.exit(1), CLOSE_DEADLINE_MS);
  await server.close();
  clearTimeout(deadline);
  process.exitCode = reason === undefined ? 0 : 1;
};

export const addServeCommand = (program: Command): void => {
  program
    .command('serve', { isDefault: true })
    .description('run the server with every role on embedded stores')
    .option('-c, --config <file>', 'configuration file (default: ./headend.yaml when there is one)')
    .option('-s, --set <key=value>', 'one setting, as in headend.yaml; may be repeated', assignment, [])
    .option('--demo', 'also publish the generated test signal')
    .action(serve);
};
