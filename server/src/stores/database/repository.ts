// ControlStore on a Drizzle database of the PostgreSQL dialect. The same code serves the embedded PGlite and, with another driver, a
// PostgreSQL server. Rows become records (epoch milliseconds, null for what is not there) here and nowhere else.

import { type WallMs, wallMs } from '@headend/core';
import { and, desc, eq, inArray, lt, ne, type SQL, sql } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type {
  AdminStore,
  ChannelRecord,
  ChannelStore,
  ControlStore,
  RenditionStore,
  SessionRecord,
  StreamFilter,
  StreamRecord,
  StreamStore,
} from '../../control/ports.ts';
import * as schema from './schema.ts';

export type Database = PgDatabase<PgQueryResultHKT, typeof schema>;

const date = (at: WallMs): Date => new Date(at);
const dateOrNull = (at: WallMs | null): Date | null => (at === null ? null : new Date(at));
const moment = (at: Date): WallMs => wallMs(at.getTime());
const momentOrNull = (at: Date | null): WallMs | null => (at === null ? null : moment(at));

type StreamRow = typeof schema.streams.$inferSelect;
const toStream = (row: StreamRow): StreamRecord => ({
  ...row,
  startedAt: moment(row.startedAt),
  liveAt: momentOrNull(row.liveAt),
  interruptedAt: momentOrNull(row.interruptedAt),
  seenAt: moment(row.seenAt),
  endedAt: momentOrNull(row.endedAt),
});
const fromStream = (stream: StreamRecord): StreamRow => ({
  ...stream,
  startedAt: date(stream.startedAt),
  liveAt: dateOrNull(stream.liveAt),
  interruptedAt: dateOrNull(stream.interruptedAt),
  seenAt: date(stream.seenAt),
  endedAt: dateOrNull(stream.endedAt),
});

const fromSession = (session: SessionRecord): typeof schema.streamSessions.$inferSelect => ({
  ...session,
  startedAt: date(session.startedAt),
  endedAt: dateOrNull(session.endedAt),
});

const channelRow = (channel: ChannelRecord): typeof schema.channels.$inferSelect => ({
  id: channel.id,
  title: channel.title,
  category: channel.category,
  keyVersion: channel.keyVersion,
  policy: channel.policy,
  createdAt: date(channel.createdAt),
  updatedAt: date(channel.updatedAt),
});

const createChannelStore = (db: Database): ChannelStore => ({
  async list() {
    const rows = await db
      .select({ channel: schema.channels, entitlements: schema.entitlements.policy })
      .from(schema.channels)
      .leftJoin(schema.entitlements, eq(schema.entitlements.channelId, schema.channels.id))
      .orderBy(schema.channels.id);
    return rows.map(({ channel, entitlements }) => ({
      ...channel,
      entitlements,
      createdAt: moment(channel.createdAt),
      updatedAt: moment(channel.updatedAt),
    }));
  },
  insert: (channel) =>
    db.transaction(async (tx) => {
      const inserted = await tx
        .insert(schema.channels)
        .values(channelRow(channel))
        .onConflictDoNothing()
        .returning({ id: schema.channels.id });
      if (inserted.length === 0) return false;
      await tx.insert(schema.entitlements).values({ channelId: channel.id, policy: channel.entitlements });
      return true;
    }),
  update: (channel) =>
    db.transaction(async (tx) => {
      await tx.update(schema.channels).set(channelRow(channel)).where(eq(schema.channels.id, channel.id));
      await tx
        .insert(schema.entitlements)
        .values({ channelId: channel.id, policy: channel.entitlements })
        .onConflictDoUpdate({ target: schema.entitlements.channelId, set: { policy: channel.entitlements } });
    }),
});

const streamConditions = (filter: StreamFilter): SQL | undefined =>
  and(
    filter.states === undefined ? undefined : inArray(schema.streams.state, [...filter.states]),
    filter.channelId === undefined ? undefined : eq(schema.streams.channelId, filter.channelId),
    filter.before === undefined ? undefined : lt(schema.streams.id, filter.before),
  );

const createStreamStore = (db: Database): StreamStore => ({
  save: (stream, sessions) =>
    db.transaction(async (tx) => {
      const row = fromStream(stream);
      await tx.insert(schema.streams).values(row).onConflictDoUpdate({ target: schema.streams.id, set: row });
      for (const session of sessions.map(fromSession)) {
        await tx.insert(schema.streamSessions).values(session).onConflictDoUpdate({ target: schema.streamSessions.id, set: session });
      }
    }),
  async list(filter) {
    const rows = await db
      .select()
      .from(schema.streams)
      .where(streamConditions(filter))
      .orderBy(desc(schema.streams.id))
      .limit(filter.limit);
    return rows.map(toStream);
  },
  async find(id) {
    const [row] = await db.select().from(schema.streams).where(eq(schema.streams.id, id)).limit(1);
    return row === undefined ? null : toStream(row);
  },
  async touch(ids, seenAt) {
    if (ids.length === 0) return;
    await db
      .update(schema.streams)
      .set({ seenAt: date(seenAt) })
      .where(and(inArray(schema.streams.id, [...ids]), ne(schema.streams.state, 'ended')));
  },
});

const createRenditionStore = (db: Database): RenditionStore => ({
  replace: (streamId, renditions) =>
    db.transaction(async (tx) => {
      await tx.delete(schema.renditions).where(eq(schema.renditions.streamId, streamId));
      if (renditions.length > 0) await tx.insert(schema.renditions).values(renditions.map((rendition) => ({ ...rendition, streamId })));
    }),
  list: (streamIds) =>
    streamIds.length === 0
      ? Promise.resolve([])
      : db
          .select()
          .from(schema.renditions)
          .where(inArray(schema.renditions.streamId, [...streamIds]))
          .orderBy(schema.renditions.streamId, schema.renditions.profile),
});

const createAdminStore = (db: Database): AdminStore => ({
  async list() {
    const rows = await db.select().from(schema.admins).orderBy(schema.admins.id);
    return rows.map((row) => ({ ...row, createdAt: moment(row.createdAt) }));
  },
  async insert(admin) {
    await db.insert(schema.admins).values({ ...admin, createdAt: date(admin.createdAt) });
  },
});

export const createRepository = (db: Database, close: () => Promise<void>): ControlStore => ({
  channels: createChannelStore(db),
  streams: createStreamStore(db),
  renditions: createRenditionStore(db),
  admins: createAdminStore(db),
  async ping() {
    await db.execute(sql`select 1`);
  },
  close,
});
