// Reads of what left memory: one read of the disk for all who ask for the same bytes at one time, a new one afterwards, none shared by
// different bytes. Writing and trimming are tested through the presentation.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteSpan, SegmentFiles } from './ports.ts';
import { SegmentKeeper } from './segment-keeper.ts';

type Read = { readonly key: string; readonly span: ByteSpan | undefined; readonly answer: PromiseWithResolvers<Uint8Array | undefined> };

const keeperOver = (reads: Read[]): SegmentKeeper => {
  const refuse = (): never => assert.fail('only reads are expected');
  const files: SegmentFiles = {
    write: refuse,
    append: refuse,
    list: refuse,
    remove: refuse,
    read(key, span) {
      const answer = Promise.withResolvers<Uint8Array | undefined>();
      reads.push({ key, span, answer });
      return answer.promise;
    },
  };
  return new SegmentKeeper({ streamId: 'st', files, events: {}, maxHotBytes: 1, maxQueuedBytes: 1 });
};

test('a crowd that asks for one segment shares one read and one buffer', async () => {
  const reads: Read[] = [];
  const keeper = keeperOver(reads);
  const asked = Array.from({ length: 64 }, () => keeper.read('v', '7.m4s'));
  assert.deepEqual(
    reads.map(({ key }) => key),
    ['st/v/7.m4s'],
  );
  const bytes = new Uint8Array(3);
  reads[0]?.answer.resolve(bytes);
  for (const answer of await Promise.all(asked)) assert.equal(answer, bytes);
  void keeper.read('v', '7.m4s');
  assert.equal(reads.length, 2, 'what was read is not kept');
});

test('other names, renditions and spans are read on their own', () => {
  const reads: Read[] = [];
  const keeper = keeperOver(reads);
  for (const rendition of ['v', 'a']) for (const name of ['7.m4s', '8.m4s']) void keeper.read(rendition, name);
  for (const end of [10, 20, 10]) void keeper.read('v', '7.m4s', { start: 0, end });
  assert.equal(reads.length, 6);
});

test('a read that failed is tried again', async () => {
  const reads: Read[] = [];
  const keeper = keeperOver(reads);
  const asked = [keeper.read('v', '7.m4s'), keeper.read('v', '7.m4s')];
  reads[0]?.answer.reject(new Error('a broken disk'));
  for (const answer of asked) await assert.rejects(answer, /broken disk/);
  const again = keeper.read('v', '7.m4s');
  reads[1]?.answer.resolve(undefined);
  assert.equal(await again, undefined);
});
