// One server per data folder, also after kill -9, reused process ids and reboots; and clear words when the folder cannot be used.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { makeFolder } from './control.fixture.ts';
import { DataFolderError, describeFolderError, type LockHolder, openDataFolder } from './data-folder.ts';

const lockOf = (folder: string): string => join(folder, 'headend.lock');
const isLocked = (error: unknown): boolean => error instanceof DataFolderError && error.code === 'data_folder_locked';
const isUnusable = (error: unknown): boolean => error instanceof DataFolderError && error.code === 'data_folder_unusable';

const readLock = async (folder: string): Promise<LockHolder> => JSON.parse(await readFile(lockOf(folder), 'utf8'));

/** Leaves a lock behind as another server would have. */
const leaveLock = async (folder: string, change: Partial<LockHolder>): Promise<void> => {
  const own = await openDataFolder(folder);
  const holder = await readLock(folder);
  await own.close();
  await writeFile(lockOf(folder), JSON.stringify({ ...holder, ...change }));
};

describe('the data folder', () => {
  it('is made, locked, and given back', async (t) => {
    const folder = join(await makeFolder(t), 'deep/er');
    const first = await openDataFolder(folder);
    await assert.rejects(openDataFolder(folder), (error: Error) => {
      assert.ok(isLocked(error));
      assert.match(error.message, new RegExp(`process ${process.pid}, since .*${folder}.*HEADEND_DATA`));
      return true;
    });
    await first.close();
    await first.close();
    await (await openDataFolder(folder)).close();
  });

  it('is free again after its holder was killed', async (t) => {
    const folder = await makeFolder(t);
    const module = pathToFileURL(join(import.meta.dirname, 'data-folder.ts')).href;
    const program = `const { openDataFolder } = await import(${JSON.stringify(module)}); await openDataFolder(${JSON.stringify(folder)}); console.log('held'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    await assert.rejects(openDataFolder(folder), isLocked);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await openDataFolder(folder)).close();
  });

  it('is free when the process id belongs to another process by now, or the machine was restarted', async (t) => {
    const folder = await makeFolder(t);
    await leaveLock(folder, { started: '1' });
    await (await openDataFolder(folder)).close();
    await leaveLock(folder, { boot: 'another boot' });
    await (await openDataFolder(folder)).close();
  });

  it('held on another host is refused while that server is alive, and free when it has been silent', async (t) => {
    const folder = await makeFolder(t);
    await leaveLock(folder, { host: `not-${hostname()}` });
    await assert.rejects(openDataFolder(folder), /on not-.*start again in 15 seconds/);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lockOf(folder), longAgo, longAgo);
    await (await openDataFolder(folder)).close();
  });

  it('with an unreadable lock is refused while fresh and taken when old', async (t) => {
    const folder = await makeFolder(t);
    await writeFile(lockOf(folder), '');
    await assert.rejects(openDataFolder(folder), isLocked);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lockOf(folder), longAgo, longAgo);
    await (await openDataFolder(folder)).close();
  });

  it('goes to exactly one of several servers that find the same stale lock', async (t) => {
    const folder = await makeFolder(t);
    await leaveLock(folder, { boot: 'another boot' });
    const tries = await Promise.allSettled(Array.from({ length: 16 }, () => 0).map(() => openDataFolder(folder)));
    const winners = tries.filter((result) => result.status === 'fulfilled');
    assert.equal(winners.length, 1);
    for (const result of tries) if (result.status === 'rejected') assert.ok(isLocked(result.reason), String(result.reason));
    await winners[0]?.value.close();
  });

  it('does not take back a lock that somebody else has taken over', async (t) => {
    const folder = await makeFolder(t);
    const mine = await openDataFolder(folder);
    await writeFile(lockOf(folder), JSON.stringify({ ...(await readLock(folder)), since: 'later' }));
    await mine.close();
    assert.ok(await stat(lockOf(folder)));
  });

  it('that cannot be made says why', async (t) => {
    const folder = await makeFolder(t);
    await writeFile(join(folder, 'file'), '');
    await assert.rejects(
      openDataFolder(join(folder, 'file', 'data')),
      (error: Error) => isUnusable(error) && /part of the path is a file/.test(error.message),
    );
  });

  it('that is read-only says so', { skip: process.getuid?.() === 0 ? 'permissions do not bind root' : false }, async (t) => {
    const folder = await makeFolder(t);
    await chmod(folder, 0o555);
    await assert.rejects(openDataFolder(folder), (error: Error) => isUnusable(error) && /may not be written/.test(error.message));
  });

  const causes: readonly (readonly [string, RegExp])[] = [
    ['EROFS', /read-only file system/],
    ['EACCES', /may not be written by this user/],
    ['ENOSPC', /no room left/],
    ['ENOTDIR', /part of the path is a file/],
    ['EIO', /cannot be used \(EIO\)/],
  ];
  for (const [code, words] of causes) it(`explains ${code}`, () => assert.match(describeFolderError('/data', code), words));
});
