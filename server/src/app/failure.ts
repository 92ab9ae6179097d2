// What a person at the terminal reads when a command cannot go on. Known problems in one or two lines; only our own bugs show a stack.

import { AppError } from '@headend/core';
import { redact } from '../observe/index.ts';

const systemCode = (error: Error): string => ('code' in error ? String(error.code) : '');

const LISTEN_ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken by another program. Stop that one, choose another port, or use 0 for any free one',
  EACCES: 'this user may not listen there. Ports below 1024 need a privilege; choose a higher one',
  EADDRNOTAVAIL: 'this machine has no such address. Check host (HEADEND_HOST)',
};

/** A listener that could not be opened: names the setting that decides its port. */
export class ListenError extends Error {
  override readonly name = 'ListenError';

  constructor(setting: string, env: string, host: string, port: number, cause: unknown) {
    const code = cause instanceof Error ? systemCode(cause) : '';
    super(`${setting}: cannot listen on ${host}:${port}: ${LISTEN_ADVICE[code] ?? code} (${setting} in headend.yaml, ${env}).`, { cause });
  }
}

/** Errors whose text was written for the operator. */
const SPOKEN = new Set(['ListenError', 'ConfigError', 'DataFolderError']);

export const explainFailure = (error: unknown): string => {
  if (!(error instanceof Error)) return `headend: ${redact(String(error))}`;
  if (error instanceof AppError || SPOKEN.has(error.name)) return `headend: ${redact(error.message)}`;
  return `headend: unexpected failure\n${redact(error.stack ?? error.message)}`;
};
