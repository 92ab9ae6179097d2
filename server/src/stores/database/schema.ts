// The data model in the PostgreSQL dialect. Names in the database, in events and in the API are the same (docs/api.md).
// drizzle/ holds the SQL migrations that drizzle-kit generated from this file; they are applied at start.

import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgEnum, pgTable, primaryKey, real, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core';

export const streamState = pgEnum('stream_state', ['starting', 'live', 'ended']);
export const ingestProtocol = pgEnum('ingest_protocol', ['rtmp', 'srt', 'webrtc']);

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 });

export const channels = pgTable('channels', {
  id: text('id').primaryKey(),
  title: text('title').notNull(),
  category: text('category').notNull().default(''),
  /** Raising it revokes every stream key issued before. */
  keyVersion: integer('key_version').notNull().default(1),
  /** What this channel's publish policy sets differently from the configured defaults. */
  policy: jsonb('policy').notNull().default({}),
  createdAt: moment('created_at').notNull(),
  updatedAt: moment('updated_at').notNull(),
});

export const entitlements = pgTable('entitlements', {
  channelId: text('channel_id')
    .primaryKey()
    .references(() => channels.id, { onDelete: 'cascade' }),
  /** {geo, subscriber_only, age_restriction, login_required} */
  policy: jsonb('policy').notNull(),
});

export const streams = pgTable(
  'streams',
  {
    id: text('id').primaryKey(),
    channelId: text('channel_id')
      .notNull()
      .references(() => channels.id),
    state: streamState('state').notNull(),
    /** Null until a publisher has connected. */
    protocol: ingestProtocol('protocol'),
    startedAt: moment('started_at').notNull(),
    liveAt: moment('live_at'),
    /** Set while the stream waits for its publisher to come back. */
    interruptedAt: moment('interrupted_at'),
    /** When a publisher was last known to be connected; what a restart measures the reconnect window from. */
    seenAt: moment('seen_at').notNull(),
    endedAt: moment('ended_at'),
    endReason: text('end_reason'),
    title: text('title').notNull().default(''),
  },
  (table) => [
    // One open stream per channel, also when two processes race.
    uniqueIndex('streams_one_open_per_channel').on(table.channelId).where(sql`${table.state} <> 'ended'`),
    index('streams_by_channel').on(table.channelId, table.id),
  ],
);

export const streamSessions = pgTable(
  'stream_sessions',
  {
    id: text('id').primaryKey(),
    streamId: text('stream_id')
      .notNull()
      .references(() => streams.id, { onDelete: 'cascade' }),
    protocol: ingestProtocol('protocol').notNull(),
    startedAt: moment('started_at').notNull(),
    endedAt: moment('ended_at'),
    endCode: text('end_code'),
  },
  (table) => [index('stream_sessions_by_stream').on(table.streamId)],
);

export const renditions = pgTable(
  'renditions',
  {
    streamId: text('stream_id')
      .notNull()
      .references(() => streams.id, { onDelete: 'cascade' }),
    profile: text('profile').notNull(),
    bitrate: integer('bitrate').notNull(),
    /** `1280x720`; empty for audio. */
    resolution: text('resolution').notNull(),
    /** Seconds; 0 when unknown or audio. */
    keyframeInterval: real('keyframe_interval').notNull(),
    codec: text('codec').notNull().default(''),
  },
  (table) => [primaryKey({ columns: [table.streamId, table.profile] })],
);

export const admins = pgTable('admins', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  /** SHA-256 of a 256-bit random secret, hexadecimal: nothing to guess, so nothing to stretch. */
  tokenHash: text('token_hash').notNull(),
  createdAt: moment('created_at').notNull(),
});
