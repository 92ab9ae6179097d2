// No parser without a fuzz target: every exported function called parse… or read…, and every exported class that is fed bytes, stands in
// the table or in the list of exceptions below, each with its reason.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fuzzGroups } from './groups.ts';

const exceptions: Readonly<Record<string, string>> = {
  // packages/core: what parsers are made of. Their counted use is how this fuzzer measures work.
  BitReader: 'has no format of its own; read through by every codec target',
  ByteReader: 'has no format of its own; read through by every target',
  // packages/player runs in the browser of the viewer, on answers of the server it was loaded from.
  parsePlaybackTicket: 'reads an object that the browser has parsed; total over unknown, tested beside it',
  parseVolume: 'reads what the player itself has stored',
  readVolume: 'reads what the player itself has stored',
  PlaybackSession: 'drives a media element, and is fed no bytes',
  // Rooms of the server.
  readSources: 'reads the configuration that the operator wrote; tables of right and wrong files beside it',
  PublishSession: 'is fed by ServerSession, and hands bodies to FlvDemuxer: both are targets',
};

const EXPORTED = /^export (?:async )?(?:const|function|class) ((?:parse|read)[A-Z]\w*|[A-Z]\w*(?:Reader|Demuxer|Handshake|Session))\b/gm;

const root = fileURLToPath(new URL('../../', import.meta.url));

const isSource = (file: string): boolean =>
  file.endsWith('.ts') && !/\.(test|bench|fixture|test-kit)\.ts$/.test(file) && !file.includes('/testing/');

const exportedParsers = (): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const file of globSync(['packages/*/src/**/*.ts', 'server/src/**/*.ts'], { cwd: root }).filter(isSource)) {
    const source = readFileSync(path.join(root, file), 'utf8');
    for (const [, name] of source.matchAll(EXPORTED)) if (name !== undefined) found.set(name, file);
  }
  return found;
};

test('every exported parser has a fuzz target or a stated exception', () => {
  const covered = new Set(Object.values(fuzzGroups).flatMap((targets) => targets.flatMap(({ covers }) => covers.map(({ name }) => name))));
  const found = exportedParsers();
  const missing = [...found].filter(([name]) => !covered.has(name) && !Object.hasOwn(exceptions, name));
  assert.deepEqual(
    missing.map(([name, file]) => `${file}: ${name}`),
    [],
    'give it a target in tests/fuzz, or an exception in this file with its reason',
  );
  const stale = [...Object.keys(exceptions), ...covered].filter(
    (name) => !found.has(name) || (covered.has(name) && Object.hasOwn(exceptions, name)),
  );
  assert.deepEqual(stale, [], 'these no longer exist, or are both covered and excepted');
});

test('names of targets are unique: a printed failure finds its target again', () => {
  const names = Object.values(fuzzGroups).flatMap((targets) => targets.map(({ name }) => name));
  assert.equal(new Set(names).size, names.length);
});
