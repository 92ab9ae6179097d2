// A node:test reporter for machines: one JSON line per thing that test-file.mjs wants to know. People read what test.mjs prints from it.

import { inspect } from 'node:util';

/** Longest error text kept of one failed test: a diff of two large buffers says nothing more after this. */
const ERROR_MAX_CHARS = 8000;

export default async function* reporter(source) {
  for await (const { type, data } of source) {
    const line = toLine(type, data);
    if (line !== undefined) yield `${JSON.stringify(line)}\n`;
  }
  // Missing when the process exits before its tests are through.
  yield `${JSON.stringify({ event: 'done' })}\n`;
}

function toLine(type, data) {
  const name = data?.name;
  const at = data?.line === undefined ? '' : `${data.line}:${data.column}`;
  const suite = data?.details?.type === 'suite';
  switch (type) {
    case 'test:dequeue':
      return { event: 'began', name, nesting: data.nesting, at };
    case 'test:complete':
      return { event: 'ended', name, nesting: data.nesting, at };
    case 'test:start':
      return { event: 'named', name, nesting: data.nesting };
    case 'test:pass':
      if (data.skip !== undefined) return { event: 'skipped', name, nesting: data.nesting, reason: reason(data.skip) };
      if (data.todo !== undefined) return { event: 'skipped', name, nesting: data.nesting, reason: `todo: ${reason(data.todo)}` };
      if (suite) return undefined;
      return { event: 'passed', name, nesting: data.nesting };
    case 'test:fail': {
      const error = data.details?.error;
      // The subtests that failed have said so themselves.
      if (error?.failureType === 'subtestsFailed') return undefined;
      return { event: 'failed', name, nesting: data.nesting, at, error: errorText(error) };
    }
    default:
      return undefined;
  }
}

const reason = (given) => (typeof given === 'string' && given !== '' ? given : 'no reason given');

function errorText(error) {
  const text = inspect(error?.cause ?? error, { depth: 5, breakLength: 120, maxArrayLength: 50, maxStringLength: 2000 });
  return text.length > ERROR_MAX_CHARS ? `${text.slice(0, ERROR_MAX_CHARS)}\n… (${text.length - ERROR_MAX_CHARS} more characters)` : text;
}
