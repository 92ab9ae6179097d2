// SegmentFiles in memory: for tests and for nodes without a disk. `capacityBytes` makes a full disk.

import { err, invariant, ok, type Result } from '@headend/core';
import type { ByteSpan, SegmentFiles, StorageError } from '../../origin/ports.ts';

const KEY = /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

export class MemorySegmentFiles implements SegmentFiles {
  readonly #files = new Map<string, Uint8Array>();
  readonly #capacityBytes: number;

  constructor(capacityBytes: number = Number.POSITIVE_INFINITY) {
    this.#capacityBytes = capacityBytes;
  }

  async write(key: string, chunks: readonly Uint8Array[]): Promise<Result<void, StorageError>> {
    const bytes = concatenated(chunks);
    return this.#store(key, bytes);
  }

  async append(key: string, chunk: Uint8Array): Promise<Result<void, StorageError>> {
    return this.#store(key, concatenated([this.#files.get(key) ?? new Uint8Array(0), chunk]));
  }

  async read(key: string, span?: ByteSpan): Promise<Uint8Array | undefined> {
    const bytes = this.#files.get(key);
    if (bytes === undefined || (span !== undefined && span.end > bytes.length)) return undefined;
    return bytes.slice(span?.start ?? 0, span?.end ?? bytes.length);
  }

  async list(folder: string): Promise<readonly { readonly name: string; readonly size: number }[]> {
    const prefix = folder === '' ? '' : `${folder}/`;
    const sizes = new Map<string, number>();
    for (const [key, bytes] of this.#files) {
      if (!key.startsWith(prefix)) continue;
      const [name = '', ...below] = key.slice(prefix.length).split('/');
      sizes.set(name, below.length > 0 ? 0 : bytes.length);
    }
    return [...sizes].map(([name, size]) => ({ name, size }));
  }

  async remove(key: string): Promise<Result<void, StorageError>> {
    for (const stored of this.#files.keys()) if (stored === key || stored.startsWith(`${key}/`)) this.#files.delete(stored);
    return ok(undefined);
  }

  #store(key: string, bytes: Uint8Array): Result<void, StorageError> {
    invariant(KEY.test(key), `not a segment key: ${key}`);
    let used = bytes.length;
    for (const [stored, content] of this.#files) if (stored !== key) used += content.length;
    if (used > this.#capacityBytes) return err({ code: 'storage_full', message: 'ENOSPC' });
    this.#files.set(key, bytes);
    return ok(undefined);
  }
}

const concatenated = (chunks: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
};
