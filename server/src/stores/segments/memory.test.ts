// The memory adapter keeps the SegmentFiles contract, and its capacity.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { segmentFilesContract } from '../../../../tests/contracts/segment-files.contract.ts';
import { MemorySegmentFiles } from './memory.ts';

segmentFilesContract('memory', async () => ({ files: new MemorySegmentFiles(), dispose: async () => undefined }));

test('a full memory says so and keeps what it had', async () => {
  const files = new MemorySegmentFiles(4);
  assert.ok((await files.write('a', [new Uint8Array(4)])).ok);
  const refused = await files.write('b', [new Uint8Array(1)]);
  assert.ok(!refused.ok && refused.error.code === 'storage_full');
  assert.ok((await files.write('a', [new Uint8Array(3)])).ok);
  assert.ok((await files.append('b', new Uint8Array(1))).ok);
});
