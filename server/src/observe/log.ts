// The structured log: pino with secrets taken out of members (by name) and of every text (by shape), and a helper for events that may
// come thousands of times a second. Rooms get a child with their identity; nothing else in the server writes to the console.

import { type DestinationStream, type LogFn, type Logger, type LoggerOptions, pino } from 'pino';
import pretty from 'pino-pretty';
import { redact, redactedPaths, redactedValue } from './redact.ts';

export type Log = Logger;

const serializeError = (error: unknown): unknown => {
  if (!(error instanceof Error)) return typeof error === 'string' ? redact(error) : error;
  const plain: Record<string, unknown> = { type: error.name, message: redact(error.message), stack: redact(error.stack ?? '') };
  if ('code' in error) plain['code'] = error.code;
  if (error.cause !== undefined) plain['cause'] = serializeError(error.cause);
  return plain;
};

const redactArgument = (argument: unknown): unknown => (typeof argument === 'string' ? redact(argument) : argument);

/** Shallow: texts directly in the logged object. Deeper members are covered by the names in redactedPaths. */
const redactMembers = (members: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, redactArgument(value)]));

export type LogOptions = {
  readonly level: string;
  readonly destination?: DestinationStream;
  /** For a person at a terminal: time, level and message on a line. Otherwise one JSON object a line. */
  readonly readable?: boolean;
};

/** Synchronous, so that the last words before an exit are not lost. */
const readableDestination = (): DestinationStream =>
  pretty({ sync: true, translateTime: 'SYS:HH:MM:ss', singleLine: true, ignore: 'pid,hostname', levelFirst: true });

export const createLog = (options: LogOptions): Log => {
  const settings: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: [...redactedPaths], censor: redactedValue },
    serializers: { err: serializeError, error: serializeError },
    formatters: { level: (label: string) => ({ level: label }), log: redactMembers },
    hooks: {
      logMethod(args: Parameters<LogFn>, method: LogFn) {
        // pino's own signature: the arguments of one log call, whose texts alone change.
        method.apply(this, args.map(redactArgument) as Parameters<LogFn>);
      },
    },
  };
  const destination = options.destination ?? (options.readable === true ? readableDestination() : undefined);
  return destination === undefined ? pino(settings) : pino(settings, destination);
};

/** Keys remembered at once; past it the oldest is forgotten and logs again one time too often. */
const MAX_KEYS = 1024;

export type RateLimitedLog = (key: string, write: (suppressed: number) => void) => void;

/**
 * Calls `write` at most once per `intervalMs` and key. It is told how many calls it stands for besides itself, counted since the last
 * one that was written, so that no event is lost from the figures.
 */
export const createRateLimitedLog = (now: () => number, intervalMs = 1000): RateLimitedLog => {
  const seen = new Map<string, { at: number; suppressed: number }>();
  return (key, write) => {
    const entry = seen.get(key);
    if (entry !== undefined && now() - entry.at < intervalMs) {
      entry.suppressed += 1;
      return;
    }
    seen.delete(key);
    if (seen.size >= MAX_KEYS) {
      const oldest = seen.keys().next();
      if (oldest.done !== true) seen.delete(oldest.value);
    }
    seen.set(key, { at: now(), suppressed: 0 });
    write(entry?.suppressed ?? 0);
  };
};
