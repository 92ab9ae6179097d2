// The small checks of file headers and document links.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { anchorOf, linksIn } from './doc-links.mjs';
import { headerProblem, LINES_LIMIT } from './headers.mjs';

describe('headerProblem', () => {
  it('asks for a comment on top, below a shebang if there is one', () => {
    assert.equal(headerProblem('// What it is.\nexport {};\n'), undefined);
    assert.equal(headerProblem('#!/usr/bin/env node\n/* What it is. */\n'), undefined);
    assert.match(headerProblem('import x from "y";\n// late\n'), /comment/);
  });

  it('holds the limit of lines exactly', () => {
    const ofLines = (count) => `// Long.\n${'x;\n'.repeat(count - 1)}`;
    assert.equal(headerProblem(ofLines(LINES_LIMIT)), undefined);
    assert.match(headerProblem(ofLines(LINES_LIMIT + 1)), /limit/);
  });
});

describe('linksIn', () => {
  it('finds relative links and images outside code', () => {
    const markdown =
      'See [a](a.md), ![b](img/b.png "title"), <img src="c.png">, [web](https://example.org), [m](mailto:x@example.org).\n```\n[no](no.md)\n```\n`[no](no.md)`';
    assert.deepEqual(linksIn(markdown), ['a.md', 'img/b.png', 'c.png']);
  });
});

describe('anchorOf', () => {
  it('follows the rule of the place where people read it', () => {
    assert.equal(anchorOf('Commit messages: say why'), 'commit-messages-say-why');
    assert.equal(anchorOf('`npm test`, and [more](x.md)'), 'npm-test-and-more');
  });
});
