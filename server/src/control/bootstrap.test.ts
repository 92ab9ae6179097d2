// First start and later ones: the administrator and the key survive crashes at every point; the file never shows stale addresses.

import assert from 'node:assert/strict';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeControl } from './control.fixture.ts';

const urls = {
  api: 'http://127.0.0.1:1',
  watch: 'http://127.0.0.1:1/main',
  studio: null,
  rtmp: 'rtmp://127.0.0.1:2/live',
  srt: null,
  whip: null,
  https: null,
  rtmps: null,
};
const readJson = async (folder: string, name = 'bootstrap.json') => JSON.parse(await readFile(join(folder, name), 'utf8'));

describe('bootstrap', () => {
  it('makes an administrator, a channel and its key at first start, in a file for the owner alone', async (t) => {
    const { control, folder } = await makeControl(t);
    assert.equal(control.first.firstStart, true);
    await assert.rejects(stat(join(folder, 'bootstrap.json')));
    const written = await control.announce(urls);
    assert.deepEqual(await readJson(folder), written);
    assert.deepEqual(Object.keys(written), ['adminToken', 'channelId', 'streamKey', 'urls']);
    assert.equal(written.channelId, 'main');
    assert.ok((await control.gate.authenticate(written.streamKey)).ok);
    assert.equal(control.admins.authenticate(written.adminToken ?? '')?.name, 'admin');
    for (const name of ['bootstrap.json', 'secrets.json']) assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
    await control.close();
  });

  it('keeps secret and key at later starts and hides the old addresses meanwhile', async (t) => {
    const one = await makeControl(t);
    const before = await one.control.announce(urls);
    await one.control.close();
    const two = await makeControl(t, one);
    await assert.rejects(stat(join(one.folder, 'bootstrap.json')));
    const after = await two.control.announce({ ...urls, api: 'http://127.0.0.1:9' });
    assert.equal(two.control.first.firstStart, false);
    assert.deepEqual(after, { ...before, urls: { ...urls, api: 'http://127.0.0.1:9' } });
    await two.control.close();
  });

  it('finds the secret again when a start never got as far as the file, or as the database', async (t) => {
    const crashed = await makeControl(t);
    const token = crashed.control.first.adminToken;
    const next = await makeControl(t, crashed);
    assert.equal(next.control.first.adminToken, token);
    // The database of a third start is empty: killed between writing the secret and inserting its hash.
    const third = await makeControl(t, { folder: crashed.folder });
    assert.deepEqual([third.control.first.firstStart, third.control.first.adminToken], [true, token]);
    assert.ok(third.control.admins.authenticate(token ?? ''));
  });

  it('does not make a new secret when the operator deleted or damaged the file', async (t) => {
    const one = await makeControl(t);
    await one.control.announce(urls);
    await rm(join(one.folder, 'bootstrap.json'));
    const two = await makeControl(t, one);
    assert.equal((await two.control.announce(urls)).adminToken, null);
    await writeFile(join(one.folder, 'bootstrap.json'), '{"adminToken": "hadm_wrong"');
    const three = await makeControl(t, one);
    assert.equal(three.control.first.adminToken, null);
    await rename(join(one.folder, 'bootstrap.pending.json'), join(one.folder, 'bootstrap.json'));
  });

  it('follows a rotation of its channel’s key', async (t) => {
    const { control, folder } = await makeControl(t);
    const before = await control.announce(urls);
    const rotated = await control.rotateKey('main');
    assert.ok(rotated.ok);
    assert.equal((await readJson(folder)).streamKey, rotated.value);
    const old = await control.gate.authenticate(before.streamKey);
    assert.equal(old.ok ? '' : old.error.code, 'key_revoked');
    await control.close();
  });

  it('stops at damaged secrets instead of revoking every key', async (t) => {
    const { folder, store } = await makeControl(t);
    await writeFile(join(folder, 'secrets.json'), '{}');
    await assert.rejects(makeControl(t, { folder, store }), /secrets\.json is damaged.*every stream key changes/);
  });
});
