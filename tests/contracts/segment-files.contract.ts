// What every SegmentFiles adapter must do. Each adapter runs it beside its own tests.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvariantError } from '@headend/core';
import type { SegmentFiles } from '../../server/src/origin/index.ts';

type Disposable = { readonly files: SegmentFiles; dispose(): Promise<void> };

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (content: Uint8Array | undefined): string | undefined =>
  content === undefined ? undefined : new TextDecoder().decode(content);
const names = (entries: readonly { readonly name: string }[]): string[] => entries.map(({ name }) => name).toSorted();

export const segmentFilesContract = (adapter: string, make: () => Promise<Disposable>): void => {
  const check = (behaviour: string, run: (files: SegmentFiles) => Promise<void>): void => {
    test(`${adapter}: ${behaviour}`, async () => {
      const { files, dispose } = await make();
      try {
        await run(files);
      } finally {
        await dispose();
      }
    });
  };

  check('a written key reads back, whole and in spans', async (files) => {
    assert.ok((await files.write('st_1/v0/7.m4s', [bytes('abc'), bytes(''), bytes('defg')])).ok);
    assert.equal(text(await files.read('st_1/v0/7.m4s')), 'abcdefg');
    assert.equal(text(await files.read('st_1/v0/7.m4s', { start: 2, end: 5 })), 'cde');
    assert.equal(text(await files.read('st_1/v0/7.m4s', { start: 0, end: 7 })), 'abcdefg');
  });

  check('a span beyond the end and a missing key are undefined', async (files) => {
    await files.write('st_1/a', [bytes('abc')]);
    assert.equal(await files.read('st_1/a', { start: 0, end: 4 }), undefined);
    assert.equal(await files.read('st_1/b'), undefined);
    assert.equal(await files.read('st_2/a'), undefined);
  });

  check('writing again replaces, and nothing may be written', async (files) => {
    await files.write('st_1/a', [bytes('a longer content')]);
    await files.write('st_1/a', [bytes('short')]);
    assert.equal(text(await files.read('st_1/a')), 'short');
    assert.ok((await files.write('st_1/empty', [])).ok);
    assert.equal(text(await files.read('st_1/empty')), '');
  });

  check('many chunks arrive in order', async (files) => {
    const chunks = Array.from({ length: 1500 }, (_, index) => bytes(`${index},`));
    await files.write('st_1/a', chunks);
    assert.equal(text(await files.read('st_1/a')), chunks.map((chunk) => text(chunk)).join(''));
  });

  check('append creates and extends', async (files) => {
    assert.ok((await files.append('st_1/log', bytes('one\n'))).ok);
    assert.ok((await files.append('st_1/log', bytes('two\n'))).ok);
    assert.equal(text(await files.read('st_1/log')), 'one\ntwo\n');
  });

  check('list shows what lies directly below, with sizes', async (files) => {
    await files.write('st_1/log', [bytes('12345')]);
    await files.write('st_1/v0/1.m4s', [bytes('123')]);
    await files.write('st_1/v0/2.m4s', [bytes('1')]);
    await files.write('st_10/v0/1.m4s', [bytes('1')]);
    assert.deepEqual(names(await files.list('')), ['st_1', 'st_10']);
    assert.deepEqual(names(await files.list('st_1')), ['log', 'v0']);
    assert.deepEqual(
      (await files.list('st_1/v0')).toSorted((a, b) => b.size - a.size),
      [
        { name: '1.m4s', size: 3 },
        { name: '2.m4s', size: 1 },
      ],
    );
    assert.equal((await files.list('st_1')).find(({ name }) => name === 'v0')?.size, 0);
    assert.deepEqual(await files.list('st_9'), []);
  });

  check('remove takes a key or a folder, and what is gone already', async (files) => {
    await files.write('st_1/v0/1.m4s', [bytes('1')]);
    await files.write('st_1/v0/2.m4s', [bytes('2')]);
    await files.write('st_10/v0/1.m4s', [bytes('3')]);
    assert.ok((await files.remove('st_1/v0/1.m4s')).ok);
    assert.deepEqual(names(await files.list('st_1/v0')), ['2.m4s']);
    assert.ok((await files.remove('st_1')).ok);
    assert.ok((await files.remove('st_1')).ok);
    assert.deepEqual(names(await files.list('')), ['st_10']);
    assert.ok((await files.write('st_1/v0/3.m4s', [bytes('4')])).ok);
    assert.equal(text(await files.read('st_1/v0/3.m4s')), '4');
  });

  check('the caller may not leave the root', async (files) => {
    for (const key of ['../x', 'st_1/../../x', '/etc/x', 'st_1//x', '.hidden', ''])
      await assert.rejects(async () => files.write(key, [bytes('x')]), InvariantError, key);
  });
};
