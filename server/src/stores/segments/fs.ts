// SegmentFiles on a folder. A write goes to a temporary name and is renamed, so kill -9 never leaves half a segment under its name.
// No fsync: after a power cut the newest segments may be missing or short, which recovery notices by their size.

import { appendFile, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { err, invariant, ok, type Result } from '@headend/core';
import type { ByteSpan, SegmentFiles, StorageError } from '../../origin/ports.ts';

const KEY = /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
const TEMPORARY_PREFIX = '.writing-';
/** Folders known to exist; beyond this the set starts over, which only costs a mkdir. */
const MAX_KNOWN_FOLDERS = 4096;

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const READ_ONLY: ReadonlySet<string> = new Set(['EROFS', 'EACCES', 'EPERM']);

/** The message names the system's code only: paths stay out of what may reach a log or a client. */
const storageError = (error: unknown): StorageError => {
  const code = codeOf(error);
  const kind = FULL.has(code) ? 'storage_full' : READ_ONLY.has(code) ? 'storage_read_only' : 'storage_failed';
  return { code: kind, message: code === '' ? 'unknown' : code };
};

export class FsSegmentFiles implements SegmentFiles {
  readonly #root: string;
  readonly #folders = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  async write(key: string, chunks: readonly Uint8Array[]): Promise<Result<void, StorageError>> {
    const path = this.#path(key);
    const temporary = join(dirname(path), `${TEMPORARY_PREFIX}${path.slice(path.lastIndexOf('/') + 1)}`);
    return this.#attempt(path, async () => {
      try {
        await writeChunks(temporary, chunks);
        await rename(temporary, path);
      } catch (error) {
        await unlink(temporary).catch(() => undefined);
        throw error;
      }
    });
  }

  async append(key: string, chunk: Uint8Array): Promise<Result<void, StorageError>> {
    const path = this.#path(key);
    return this.#attempt(path, () => appendFile(path, chunk));
  }

  async read(key: string, span?: ByteSpan): Promise<Uint8Array | undefined> {
    try {
      const file = await open(this.#path(key), 'r');
      try {
        const { size } = await file.stat();
        const { start, end } = span ?? { start: 0, end: size };
        if (end > size) return undefined;
        const bytes = new Uint8Array(end - start);
        const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
        return bytesRead === bytes.length ? bytes : undefined;
      } finally {
        await file.close();
      }
    } catch {
      return undefined;
    }
  }

  async list(folder: string): Promise<readonly { readonly name: string; readonly size: number }[]> {
    const path = folder === '' ? this.#root : this.#path(folder);
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    const visible = entries.filter((entry) => !entry.name.startsWith(TEMPORARY_PREFIX));
    return Promise.all(
      visible.map(async (entry) => {
        const size = entry.isFile()
          ? await stat(join(path, entry.name)).then(
              (info) => info.size,
              () => 0,
            )
          : 0;
        return { name: entry.name, size };
      }),
    );
  }

  async remove(key: string): Promise<Result<void, StorageError>> {
    const path = this.#path(key);
    this.#folders.clear();
    try {
      await rm(path, { recursive: true, force: true });
      return ok(undefined);
    } catch (error) {
      return err(storageError(error));
    }
  }

  #path(key: string): string {
    invariant(KEY.test(key), `not a segment key: ${key}`);
    return join(this.#root, key);
  }

  async #attempt(path: string, action: () => Promise<unknown>): Promise<Result<void, StorageError>> {
    try {
      await this.#ensureFolder(dirname(path));
      await action();
      return ok(undefined);
    } catch (error) {
      // The folder may have been removed from outside: look again next time.
      this.#folders.clear();
      return err(storageError(error));
    }
  }

  async #ensureFolder(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return;
    await mkdir(folder, { recursive: true });
    if (this.#folders.size >= MAX_KNOWN_FOLDERS) this.#folders.clear();
    this.#folders.add(folder);
  }
}

const writeChunks = async (path: string, chunks: readonly Uint8Array[]): Promise<void> => {
  const file = await open(path, 'w');
  try {
    const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (total === 0) return;
    const { bytesWritten } = await file.writev([...chunks]);
    if (bytesWritten < total) await finishWrite(file, chunks, bytesWritten);
  } finally {
    await file.close();
  }
};

/** writev may stop short on a nearly full disk: the rest goes chunk by chunk, so that the disk's own error surfaces. */
const finishWrite = async (
  file: { write(buffer: Uint8Array, offset: number, length: number): Promise<{ bytesWritten: number }> },
  chunks: readonly Uint8Array[],
  written: number,
): Promise<void> => {
  let skip = written;
  for (const chunk of chunks) {
    let at = Math.min(skip, chunk.length);
    skip -= at;
    while (at < chunk.length) {
      const { bytesWritten } = await file.write(chunk, at, chunk.length - at);
      at += bytesWritten;
    }
  }
};
