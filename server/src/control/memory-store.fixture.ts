// The ControlStore in memory, for tests of control: same contract suite as the database (tests/contracts). `failing` makes every call reject; `mute` makes
// `save` do its work and reject all the same, as a database that answers too late.

import { AppError } from '@headend/core';
import type { AdminRecord, ChannelRecord, ControlStore, RenditionRecord, SessionRecord, StreamFilter, StreamRecord } from './ports.ts';

export type MemoryStore = ControlStore & { failing: boolean; mute: boolean; readonly sessions: ReadonlyMap<string, SessionRecord> };

const matches = (stream: StreamRecord, filter: StreamFilter): boolean =>
  (filter.states?.includes(stream.state) ?? true) &&
  (filter.channelId === undefined || stream.channelId === filter.channelId) &&
  (filter.before === undefined || stream.id < filter.before);

export const createMemoryStore = (): MemoryStore => {
  const channels = new Map<string, ChannelRecord>();
  const streams = new Map<string, StreamRecord>();
  const sessions = new Map<string, SessionRecord>();
  const renditions = new Map<string, readonly RenditionRecord[]>();
  const admins: AdminRecord[] = [];
  const check = async (): Promise<void> => {
    await Promise.resolve();
    if (store.failing) throw new AppError('unavailable', 'the store fails on purpose');
  };
  const after = async <T>(value: () => T): Promise<T> => {
    await check();
    return value();
  };
  const refuseSecondOpen = (stream: StreamRecord): void => {
    const other = [...streams.values()].find(
      (known) => known.channelId === stream.channelId && known.state !== 'ended' && known.id !== stream.id,
    );
    if (stream.state !== 'ended' && other !== undefined) throw new Error('streams_one_open_per_channel');
    if (!channels.has(stream.channelId)) throw new Error('streams_channel_id_channels_id_fk');
  };
  const store: MemoryStore = {
    failing: false,
    mute: false,
    sessions,
    channels: {
      list: () => after(() => [...channels.values()].sort((a, b) => (a.id < b.id ? -1 : 1))),
      insert: async (channel) => {
        await check();
        if (channels.has(channel.id)) return false;
        channels.set(channel.id, structuredClone(channel));
        return true;
      },
      update: async (channel) => {
        await check();
        if (channels.has(channel.id)) channels.set(channel.id, structuredClone(channel));
      },
    },
    streams: {
      save: async (stream, changed) => {
        await check();
        refuseSecondOpen(stream);
        streams.set(stream.id, structuredClone(stream));
        for (const session of changed) sessions.set(session.id, structuredClone(session));
        if (store.mute) throw new AppError('unavailable', 'the store says nothing on purpose');
      },
      list: async (filter) => {
        await check();
        const found = [...streams.values()].filter((stream) => matches(stream, filter));
        return found.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, filter.limit);
      },
      find: (id) => after(() => streams.get(id) ?? null),
      touch: async (ids, seenAt) => {
        await check();
        for (const id of ids) {
          const stream = streams.get(id);
          if (stream !== undefined && stream.state !== 'ended') streams.set(id, { ...stream, seenAt });
        }
      },
    },
    renditions: {
      replace: async (streamId, list) => {
        await check();
        renditions.set(streamId, structuredClone(list));
      },
      list: (ids) => after(() => ids.flatMap((id) => renditions.get(id) ?? [])),
    },
    admins: {
      list: () => after(() => [...admins]),
      insert: async (admin) => {
        await check();
        admins.push(admin);
      },
    },
    ping: check,
    close: async () => undefined,
  };
  return store;
};
