// A file system of its own for a test: a tmpfs that can be filled up or made read-only, and is gone with the test even when that fails.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { afterwards } from './cleanup.ts';

const mount = (...args: readonly string[]): string | undefined => {
  const ran = spawnSync('mount', args, { encoding: 'utf8' });
  return ran.status === 0 ? undefined : (ran.stderr ?? String(ran.error)).trim();
};

const unmount = (folder: string): void => {
  // Lazy: a process that still holds a file there must not keep the mount.
  spawnSync('umount', ['-l', folder], { stdio: 'ignore' });
  rmSync(folder, { recursive: true, force: true });
};

/** For `skip`: false when this process may mount, else the reason. */
export const cannotMount = (): string | false => {
  if (process.platform !== 'linux') return 'tmpfs is a matter of Linux';
  const folder = mkdtempSync(path.join(tmpdir(), 'headend-mount-'));
  try {
    const problem = mount('-t', 'tmpfs', '-o', 'size=64k', 'headend-test', folder);
    return problem === undefined ? false : `this process may not mount a tmpfs: ${problem}`;
  } finally {
    unmount(folder);
  }
};

export class SmallDisk {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static mount(t: TestContext, mebibytes: number): SmallDisk {
    const folder = mkdtempSync(path.join(tmpdir(), 'headend-disk-'));
    afterwards(t, () => unmount(folder));
    const problem = mount('-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'headend-test', folder);
    if (problem !== undefined) throw new Error(`mount: ${problem}`);
    return new SmallDisk(folder);
  }

  makeReadOnly(): void {
    const problem = mount('-o', 'remount,ro', this.folder);
    if (problem !== undefined) throw new Error(`remount: ${problem}`);
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.folder);
    return bavail * bsize;
  }

  get #filler(): string {
    return path.join(this.folder, 'filler');
  }

  /** Not a byte is left; what others delete meanwhile is taken too. */
  async fill(): Promise<void> {
    const file = await open(this.#filler, 'a');
    try {
      for (let size = 2 ** 20; size >= 1; size = Math.floor(size / 16)) {
        const block = new Uint8Array(size);
        while (
          await file.appendFile(block).then(
            () => true,
            () => false,
          )
        );
      }
    } finally {
      await file.close();
    }
  }

  async release(): Promise<void> {
    await rm(this.#filler, { force: true });
  }
}
