// What every ControlStore must do, whatever keeps its rows. control-store.test.ts runs it on each.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wallMs } from '@headend/core';
import type { ChannelRecord, ControlStore, RenditionRecord, SessionRecord, StreamRecord } from '../../server/src/control/ports.ts';

const AT = wallMs(1_800_000_000_123);

const aChannel = (id: string, change: Partial<ChannelRecord> = {}): ChannelRecord => ({
  id,
  title: 'Ünïcode “title” \u{1F3A5}',
  category: 'Music',
  keyVersion: 1,
  policy: { max_bitrate: 6_000_000, codecs: ['h264', 'aac'] },
  entitlements: { login_required: false, subscriber_only: false, geo: null, age_restriction: null },
  createdAt: AT,
  updatedAt: AT,
  ...change,
});

const aStream = (id: string, change: Partial<StreamRecord> = {}): StreamRecord => ({
  id,
  channelId: 'main',
  state: 'starting',
  protocol: null,
  startedAt: AT,
  liveAt: null,
  interruptedAt: null,
  seenAt: AT,
  endedAt: null,
  endReason: null,
  title: '',
  ...change,
});

const aSession = (id: string, streamId: string, change: Partial<SessionRecord> = {}): SessionRecord => ({
  id,
  streamId,
  protocol: 'rtmp',
  startedAt: AT,
  endedAt: null,
  endCode: null,
  ...change,
});

const ended = { state: 'ended', endedAt: wallMs(AT + 5_000), endReason: 'stopped' } as const;

type StoreMaker = () => Promise<ControlStore>;

/** One store serves all tests (opening a database takes seconds); each test uses channels of its own. */
export const controlStoreContract = (name: string, make: StoreMaker): void => {
  describe(`ControlStore contract: ${name}`, () => {
    let shared: Promise<ControlStore> | undefined;
    const open = (): Promise<ControlStore> => {
      shared ??= make();
      return shared;
    };
    const withChannel = async (id: string): Promise<ControlStore> => {
      const store = await open();
      assert.equal(await store.channels.insert(aChannel(id)), true);
      return store;
    };

    it('keeps a channel as it was given, and refuses a second one with its id', async () => {
      const store = await open();
      const channel = aChannel('kept');
      assert.equal(await store.channels.insert(channel), true);
      assert.equal(await store.channels.insert(aChannel('kept', { title: 'another' })), false);
      const found = (await store.channels.list()).find(({ id }) => id === 'kept');
      assert.deepEqual({ ...found }, channel);
    });

    it('updates a channel and its entitlements together', async () => {
      const store = await withChannel('updated');
      const entitlements = { login_required: true, subscriber_only: false, geo: null, age_restriction: null };
      const changed = aChannel('updated', { title: 'new', keyVersion: 7, policy: {}, entitlements, updatedAt: wallMs(AT + 1) });
      await store.channels.update(changed);
      const found = (await store.channels.list()).find(({ id }) => id === 'updated');
      assert.deepEqual({ ...found }, changed);
    });

    it('keeps a stream to the millisecond and replaces it by id', async () => {
      const store = await withChannel('replaced');
      const first = aStream('st_replaced', { channelId: 'replaced' });
      await store.streams.save(first, []);
      assert.deepEqual(await store.streams.find('st_replaced'), first);
      const second = aStream('st_replaced', {
        ...ended,
        channelId: 'replaced',
        protocol: 'rtmp',
        liveAt: wallMs(AT + 17),
        interruptedAt: AT,
      });
      await store.streams.save(second, [aSession('ss_replaced', 'st_replaced')]);
      await store.streams.save(second, [aSession('ss_replaced', 'st_replaced', { endedAt: AT, endCode: 'closed' })]);
      assert.deepEqual(await store.streams.find('st_replaced'), second);
      assert.equal(await store.streams.find('st_nowhere'), null);
    });

    it('refuses a second open stream of a channel, and a stream of no channel', async () => {
      const store = await withChannel('single');
      await store.streams.save(aStream('st_single1', { channelId: 'single' }), []);
      await assert.rejects(store.streams.save(aStream('st_single2', { channelId: 'single', state: 'live' }), []));
      await store.streams.save(aStream('st_single1', { ...ended, channelId: 'single' }), []);
      await store.streams.save(aStream('st_single2', { channelId: 'single', state: 'live' }), []);
      await assert.rejects(store.streams.save(aStream('st_orphan', { channelId: 'no-such-channel' }), []));
      assert.equal(await store.streams.find('st_orphan'), null);
    });

    it('lists newest first, by state, channel, cursor and limit', async () => {
      const store = await withChannel('listed');
      for (const n of [1, 2, 3, 4]) await store.streams.save(aStream(`st_listed${n}`, { ...ended, channelId: 'listed' }), []);
      await store.streams.save(aStream('st_listed5', { channelId: 'listed', state: 'live' }), []);
      const ids = async (filter: Partial<Parameters<ControlStore['streams']['list']>[0]>) =>
        (await store.streams.list({ limit: 10, channelId: 'listed', ...filter })).map(({ id }) => id.slice(-1)).join('');
      assert.equal(await ids({}), '54321');
      assert.equal(await ids({ limit: 2 }), '54');
      assert.equal(await ids({ states: ['ended'] }), '4321');
      assert.equal(await ids({ states: ['starting', 'live'] }), '5');
      assert.equal(await ids({ before: 'st_listed3' }), '21');
      assert.equal(await ids({ states: [] }), '');
    });

    it('touches open streams only', async () => {
      const store = await withChannel('touched');
      await store.streams.save(aStream('st_touched1', { ...ended, channelId: 'touched' }), []);
      await store.streams.save(aStream('st_touched2', { channelId: 'touched', state: 'live' }), []);
      const later = wallMs(AT + 99_000);
      await store.streams.touch(['st_touched1', 'st_touched2', 'st_nowhere'], later);
      await store.streams.touch([], later);
      assert.equal((await store.streams.find('st_touched1'))?.seenAt, AT);
      assert.equal((await store.streams.find('st_touched2'))?.seenAt, later);
    });

    it('replaces the renditions of a stream', async () => {
      const store = await withChannel('rendered');
      await store.streams.save(aStream('st_rendered', { channelId: 'rendered' }), []);
      const video: RenditionRecord = {
        streamId: 'st_rendered',
        profile: 'v0',
        codec: 'h264',
        bitrate: 6_000_000,
        resolution: '1920x1080',
        keyframeInterval: 2,
      };
      const audio: RenditionRecord = {
        streamId: 'st_rendered',
        profile: 'a0',
        codec: 'aac',
        bitrate: 128_000,
        resolution: '',
        keyframeInterval: 0,
      };
      await store.renditions.replace('st_rendered', [video]);
      await store.renditions.replace('st_rendered', [audio, video]);
      const profiles = new Map(
        (await store.renditions.list(['st_rendered', 'st_nowhere'])).map((rendition) => [rendition.profile, { ...rendition }]),
      );
      assert.deepEqual(
        profiles,
        new Map([
          ['a0', audio],
          ['v0', video],
        ]),
      );
      await store.renditions.replace('st_rendered', []);
      assert.deepEqual(await store.renditions.list(['st_rendered']), []);
      assert.deepEqual(await store.renditions.list([]), []);
    });

    it('keeps administrators', async () => {
      const store = await open();
      const admin = { id: 'ad_1', name: 'admin', tokenHash: 'ab'.repeat(32), createdAt: AT };
      await store.admins.insert(admin);
      assert.deepEqual(
        (await store.admins.list()).map((found) => ({ ...found })),
        [admin],
      );
    });

    it('answers a ping, and closes', async () => {
      const store = await open();
      await store.ping();
      await store.close();
    });
  });
};
