// One stream's writes to the disk, in order and bounded: a disk that stalls costs at most this many bytes, never the live playback.

import { err, type Result } from '@headend/core';
import type { StorageError } from './ports.ts';

type Write = () => Promise<Result<void, StorageError>>;

export class StorageQueue {
  readonly #maxBytes: number;
  #queuedBytes = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Runs `write` after all before it. At the limit, or once closed, it is refused at once. */
  push(bytes: number, write: Write): Promise<Result<void, StorageError>> {
    if (this.#closed) return refused('closed');
    if (this.#queuedBytes > 0 && this.#queuedBytes + bytes > this.#maxBytes) return refused('the disk does not keep up');
    this.#queuedBytes += bytes;
    const done = this.#tail.then(write).finally(() => {
      this.#queuedBytes -= bytes;
    });
    this.#tail = done.catch(() => undefined);
    return done;
  }

  /** Takes no more writes; resolves when those under way are over. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#tail;
  }

  /** Resolves when everything pushed so far is on disk or refused. */
  async idle(): Promise<void> {
    await this.#tail;
  }
}

const refused = (message: string): Promise<Result<void, StorageError>> => Promise.resolve(err({ code: 'storage_failed', message }));
