// docs/errors.md is the registry, written out for people: same codes, statuses, close statuses and sentences, in the same order.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { AppError, type ErrorDefinition, errorRegistry } from './errors.ts';

const row = (code: string, { status, rtmp, retryable, title }: ErrorDefinition): string =>
  `| \`${code}\` | ${status} | ${rtmp === undefined ? '' : `\`${rtmp}\``} | ${retryable ? 'yes' : 'no'} | ${title} |`;

describe('the error registry', () => {
  it('is what docs/errors.md says', () => {
    const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
    const documented = page.split('\n').filter((line) => line.startsWith('| `'));
    assert.deepEqual(
      documented,
      Object.entries(errorRegistry).map(([code, definition]) => row(code, definition)),
    );
  });

  it('has codes that fit a label and statuses that are errors', () => {
    for (const [code, { status, title }] of Object.entries(errorRegistry)) {
      assert.match(code, /^[a-z]+(_[a-z0-9]+)*$/);
      assert.ok(status >= 400 && status < 600, code);
      assert.match(title, /^[A-Z].*\.$/);
    }
  });

  it('gives an error its definition, detail and fields', () => {
    const error = new AppError('bad_request', 'no', { fields: { a: 'b' }, cause: 1 });
    assert.deepEqual([error.message, error.definition.status, error.fields, error.cause], ['no', 400, { a: 'b' }, 1]);
    assert.equal(new AppError('not_found').message, errorRegistry.not_found.title);
  });
});
