// The folder adapter keeps the SegmentFiles contract; full disks, crashes and folders that vanish.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { segmentFilesContract } from '../../../../tests/contracts/segment-files.contract.ts';
import { FsSegmentFiles } from './fs.ts';

const temporaryRoot = async () => {
  const root = await mkdtemp(join(tmpdir(), 'headend-segments-'));
  return { root, dispose: () => rm(root, { recursive: true, force: true }) };
};

segmentFilesContract('fs', async () => {
  const { root, dispose } = await temporaryRoot();
  return { files: new FsSegmentFiles(root), dispose };
});

test('a root that does not exist yet is empty and is made by the first write', async () => {
  const { root, dispose } = await temporaryRoot();
  const files = new FsSegmentFiles(join(root, 'not', 'yet'));
  assert.deepEqual(await files.list(''), []);
  assert.ok((await files.write('st_1/a', [new Uint8Array(1)])).ok);
  await dispose();
});

test('what a crash left of a write is neither listed nor in the way', async () => {
  const { root, dispose } = await temporaryRoot();
  const files = new FsSegmentFiles(root);
  await mkdir(join(root, 'st_1'));
  await writeFile(join(root, 'st_1', '.writing-a'), 'half');
  assert.deepEqual(await files.list('st_1'), []);
  assert.ok((await files.write('st_1/a', [new Uint8Array(3)])).ok);
  assert.deepEqual(await readdir(join(root, 'st_1')), ['a']);
  await dispose();
});

test('a folder removed from outside is made again', async () => {
  const { root, dispose } = await temporaryRoot();
  const files = new FsSegmentFiles(root);
  await files.write('st_1/a', [new Uint8Array(1)]);
  await rm(join(root, 'st_1'), { recursive: true });
  await files.write('st_1/a', [new Uint8Array(1)]);
  assert.ok((await files.write('st_1/a', [new Uint8Array(1)])).ok);
  await dispose();
});

test('a full disk is told as such, and leaves nothing half written', async () => {
  const { root, dispose } = await temporaryRoot();
  const files = new FsSegmentFiles(root);
  // /dev/full answers every write with ENOSPC.
  await symlink('/dev/full', join(root, '.writing-a'));
  const refused = await files.write('a', [new Uint8Array(10)]);
  assert.ok(!refused.ok);
  assert.deepEqual(refused.error, { code: 'storage_full', message: 'ENOSPC' });
  assert.deepEqual(await readdir(root), []);
  await dispose();
});

test('a place where nothing can be written is a failure without its path', async () => {
  const { root, dispose } = await temporaryRoot();
  await writeFile(join(root, 'file'), '');
  const refused = await new FsSegmentFiles(join(root, 'file')).write('a', [new Uint8Array(1)]);
  assert.ok(!refused.ok && refused.error.code === 'storage_failed');
  assert.doesNotMatch(refused.error.message, /\//);
  await dispose();
});
