// What control needs from the rest of the house: a store for channels, streams and administrators, and a clock. Records are plain data
// (they cross a thread as structured clones); moments are epoch milliseconds. stores/database implements the store on PostgreSQL's dialect.

import type { WallMs } from '@headend/core';
import type { IngestProtocol } from '../ingest/ports.ts';

export type StreamState = 'starting' | 'live' | 'ended';

export type ChannelRecord = {
  readonly id: string;
  readonly title: string;
  readonly category: string;
  readonly keyVersion: number;
  /** JSON documents as stored; control parses them (policy.ts). */
  readonly policy: unknown;
  readonly entitlements: unknown;
  readonly createdAt: WallMs;
  readonly updatedAt: WallMs;
};

export type StreamRecord = {
  readonly id: string;
  readonly channelId: string;
  readonly state: StreamState;
  readonly protocol: IngestProtocol | null;
  readonly startedAt: WallMs;
  readonly liveAt: WallMs | null;
  /** Set while no publisher is connected. */
  readonly interruptedAt: WallMs | null;
  /** When a publisher was last known to be connected; a restart measures the reconnect window from it. */
  readonly seenAt: WallMs;
  readonly endedAt: WallMs | null;
  readonly endReason: string | null;
  readonly title: string;
};

export type SessionRecord = {
  readonly id: string;
  readonly streamId: string;
  readonly protocol: IngestProtocol;
  readonly startedAt: WallMs;
  readonly endedAt: WallMs | null;
  readonly endCode: string | null;
};

export type RenditionRecord = {
  readonly streamId: string;
  readonly profile: string;
  readonly codec: string;
  readonly bitrate: number;
  /** `1280x720`; empty for audio. */
  readonly resolution: string;
  /** Seconds; 0 when unknown or audio. */
  readonly keyframeInterval: number;
};

export type AdminRecord = { readonly id: string; readonly name: string; readonly tokenHash: string; readonly createdAt: WallMs };

export type StreamFilter = {
  readonly states?: readonly StreamState[];
  readonly channelId?: string;
  /** Streams older than this id; ids sort by creation. */
  readonly before?: string;
  readonly limit: number;
};

export interface ChannelStore {
  list(): Promise<readonly ChannelRecord[]>;
  /** False when the id is taken. */
  insert(channel: ChannelRecord): Promise<boolean>;
  update(channel: ChannelRecord): Promise<void>;
}

export interface StreamStore {
  /** Inserts or replaces the stream and its sessions in one transaction; durable once it resolves. */
  save(stream: StreamRecord, sessions: readonly SessionRecord[]): Promise<void>;
  /** Newest first. */
  list(filter: StreamFilter): Promise<readonly StreamRecord[]>;
  find(id: string): Promise<StreamRecord | null>;
  /** Notes that these streams had a publisher at `seenAt`. */
  touch(ids: readonly string[], seenAt: WallMs): Promise<void>;
}

export interface RenditionStore {
  replace(streamId: string, renditions: readonly RenditionRecord[]): Promise<void>;
  list(streamIds: readonly string[]): Promise<readonly RenditionRecord[]>;
}

export interface AdminStore {
  list(): Promise<readonly AdminRecord[]>;
  insert(admin: AdminRecord): Promise<void>;
}

export interface ControlStore {
  readonly channels: ChannelStore;
  readonly streams: StreamStore;
  readonly renditions: RenditionStore;
  readonly admins: AdminStore;
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface Clock {
  now(): WallMs;
  /** Runs once after the delay unless the returned function is called first. */
  after(delayMs: number, run: () => void): () => void;
}
