// `headend doctor`: what would keep a server from starting or a stream from playing on this machine, checked one by one.

import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { missingEncoders } from '@headend/tools/codecs';
import type { Command } from 'commander';
import { openDataFolder } from '../../control/index.ts';
import { type Config, loadConfig } from '../config.ts';
import { formatProblems } from '../config-problems.ts';

type Finding = { readonly ok: boolean; readonly text: string };

const good = (text: string): Finding => ({ ok: true, text });
const bad = (text: string): Finding => ({ ok: false, text });

const MIN_NODE_MAJOR = 24;
/** An hour of a 6 Mb/s stream. */
const COMFORTABLE_FREE_BYTES = 3 * 1024 ** 3;

const checkNode = (): Finding => {
  const major = Number(process.versions.node.split('.')[0]);
  return major >= MIN_NODE_MAJOR
    ? good(`Node ${process.versions.node}`)
    : bad(`Node ${process.versions.node}; ${MIN_NODE_MAJOR} is needed`);
};

const checkCodecs = async (): Promise<Finding> => {
  try {
    const missing = await missingEncoders();
    return missing.length === 0 ? good('codec library with x264, AAC and Opus') : bad(`the codec library lacks ${missing.join(', ')}`);
  } catch (error) {
    return bad(`the codec library cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const checkFolder = async (config: Config): Promise<readonly Finding[]> => {
  try {
    const folder = await openDataFolder(config.data);
    await folder.close();
  } catch (error) {
    return [bad(error instanceof Error ? error.message : String(error))];
  }
  const { bavail, bsize } = await statfs(config.data);
  const free = bavail * bsize;
  const text = `${(free / 1024 ** 3).toFixed(1)} GiB free in ${config.data}`;
  return [good(`data folder ${config.data} is writable and free`), free > COMFORTABLE_FREE_BYTES ? good(text) : bad(`only ${text}`)];
};

const checkPort = (name: string, host: string, port: number): Promise<Finding> =>
  new Promise((resolve) => {
    if (port === 0) {
      resolve(good(`${name}: any free port`));
      return;
    }
    const probe = createServer();
    probe.once('error', (error) =>
      resolve(bad(`${name}: ${host}:${port} cannot be used (${'code' in error ? String(error.code) : error.message})`)),
    );
    probe.listen({ host, port }, () => probe.close(() => resolve(good(`${name}: ${host}:${port} is free`))));
  });

const checkPorts = (config: Config): Promise<readonly Finding[]> => {
  const secure = config.https.cert !== '';
  return Promise.all([
    checkPort('http.port', config.host, config.http.port),
    checkPort('rtmp.port', config.host, config.rtmp.port),
    ...(secure ? [checkPort('https.port', config.host, config.https.port), checkPort('rtmps.port', config.host, config.rtmps.port)] : []),
  ]);
};

const doctor = async (options: { readonly config?: string }): Promise<void> => {
  const loaded = loadConfig({ file: options.config, env: process.env });
  const findings: Finding[] = [checkNode(), await checkCodecs()];
  if (loaded.ok) {
    const { config, file, warnings } = loaded.value;
    findings.push(good(`configuration (${file === undefined ? 'defaults and environment' : path.resolve(file)})`), ...warnings.map(bad));
    findings.push(...(await checkFolder(config)), ...(await checkPorts(config)));
  } else {
    findings.push(bad(formatProblems(loaded.error)));
  }
  for (const { ok, text } of findings) console.log(`${ok ? '  ok   ' : '  FAIL '} ${text}`);
  if (findings.some(({ ok }) => !ok)) process.exitCode = 1;
};

export const addDoctorCommand = (program: Command): void => {
  program
    .command('doctor')
    .description('check configuration, data folder, ports and codecs on this machine')
    .option('-c, --config <file>', 'configuration file (default: ./headend.yaml when there is one)')
    .action(doctor);
};
