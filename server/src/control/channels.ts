// The channels: a snapshot in memory, loaded at start and updated after the store has acknowledged a change, so that verifying a stream
// key never waits for a database. Issues, verifies and rotates stream keys.

import { AppError, err, ok, type Result } from '@headend/core';
import type { PublishPolicy } from '../ingest/ports.ts';
import type { Keyring } from './keyring.ts';
import {
  type EntitlementDocument,
  effectivePolicy,
  openEntitlements,
  type PolicyDocument,
  parseEntitlements,
  parsePolicy,
} from './policy.ts';
import type { ChannelRecord, ChannelStore, Clock } from './ports.ts';
import { channelIdPattern, MAX_KEY_VERSION, signStreamKey, verifyStreamKey } from './stream-key.ts';

/** The snapshot is held in memory; a deployment with more channels than this wants another design. */
export const MAX_CHANNELS = 100_000;

export type Channel = {
  readonly id: string;
  readonly title: string;
  readonly category: string;
  readonly keyVersion: number;
  readonly policyOverrides: PolicyDocument;
  readonly policy: PublishPolicy;
  readonly entitlements: EntitlementDocument;
  readonly createdAt: ChannelRecord['createdAt'];
  readonly updatedAt: ChannelRecord['updatedAt'];
};

export type ChannelPatch = {
  readonly title?: string | undefined;
  readonly category?: string | undefined;
  /** Replaces the overrides whole; an empty object returns to the defaults. */
  readonly policy?: PolicyDocument | undefined;
  readonly entitlements?: Partial<EntitlementDocument> | undefined;
};

export interface Channels {
  get(id: string): Channel | undefined;
  list(): readonly Channel[];
  create(id: string, patch: ChannelPatch): Promise<Result<Channel, AppError>>;
  update(id: string, patch: ChannelPatch): Promise<Result<Channel, AppError>>;
  streamKey(id: string): Result<string, AppError>;
  /** Revokes every key issued before and returns the new one. */
  rotateKey(id: string): Promise<Result<string, AppError>>;
  /** The channel a current key belongs to. Error codes: key_malformed, key_invalid, key_revoked, channel_unknown. */
  verify(streamKey: string): Result<Channel, AppError>;
}

export type ChannelsDeps = {
  readonly store: ChannelStore;
  readonly clock: Clock;
  readonly streamKeys: Keyring;
  readonly defaults: PublishPolicy;
};

const CHANNEL_ID = new RegExp(channelIdPattern);

class ChannelDirectory implements Channels {
  readonly #deps: ChannelsDeps;
  readonly #records = new Map<string, ChannelRecord>();
  readonly #parsed = new Map<string, Channel>();
  /** Changes of one channel happen one after the other, so that none is lost between read and write. */
  readonly #changes = new Map<string, Promise<unknown>>();

  constructor(deps: ChannelsDeps, records: readonly ChannelRecord[]) {
    this.#deps = deps;
    for (const record of records) this.#remember(record);
  }

  #remember(record: ChannelRecord): Channel {
    const policyOverrides = parsePolicy(record.policy);
    const { id, title, category, keyVersion, createdAt, updatedAt } = record;
    const policy = effectivePolicy(this.#deps.defaults, policyOverrides);
    const entitlements = parseEntitlements(record.entitlements);
    const channel: Channel = { id, title, category, keyVersion, policyOverrides, policy, entitlements, createdAt, updatedAt };
    this.#records.set(id, record);
    this.#parsed.set(id, channel);
    return channel;
  }

  get(id: string): Channel | undefined {
    return this.#parsed.get(id);
  }

  list(): readonly Channel[] {
    return [...this.#parsed.values()];
  }

  async create(id: string, patch: ChannelPatch): Promise<Result<Channel, AppError>> {
    if (!CHANNEL_ID.test(id)) {
      return err(
        new AppError('bad_request', 'A channel id has 1 to 40 of a-z, 0-9 and "-".', {
          fields: { id: 'has other characters or another length' },
        }),
      );
    }
    if (this.#records.size >= MAX_CHANNELS) return err(new AppError('unavailable', `This server holds at most ${MAX_CHANNELS} channels.`));
    const now = this.#deps.clock.now();
    const record: ChannelRecord = {
      id,
      title: patch.title ?? id,
      category: patch.category ?? '',
      keyVersion: 1,
      policy: patch.policy ?? {},
      entitlements: { ...openEntitlements, ...patch.entitlements },
      createdAt: now,
      updatedAt: now,
    };
    const created = await this.#deps.store.insert(record);
    return created ? ok(this.#remember(record)) : err(new AppError('conflict', `There is a channel "${id}" already.`));
  }

  #change(id: string, edit: (record: ChannelRecord) => Result<ChannelRecord, AppError>): Promise<Result<Channel, AppError>> {
    const run = async (): Promise<Result<Channel, AppError>> => {
      const record = this.#records.get(id);
      if (record === undefined) return err(new AppError('not_found', `There is no channel "${id}".`));
      const edited = edit(record);
      if (!edited.ok) return edited;
      const changed = { ...edited.value, updatedAt: this.#deps.clock.now() };
      await this.#deps.store.update(changed);
      return ok(this.#remember(changed));
    };
    const previous = this.#changes.get(id) ?? Promise.resolve();
    const next = previous.then(run, run);
    const settled: Promise<unknown> = next
      .catch(() => undefined)
      .finally(() => {
        if (this.#changes.get(id) === settled) this.#changes.delete(id);
      });
    this.#changes.set(id, settled);
    return next;
  }

  update(id: string, patch: ChannelPatch): Promise<Result<Channel, AppError>> {
    return this.#change(id, (record) =>
      ok({
        ...record,
        title: patch.title ?? record.title,
        category: patch.category ?? record.category,
        policy: patch.policy ?? record.policy,
        entitlements: { ...parseEntitlements(record.entitlements), ...patch.entitlements },
      }),
    );
  }

  streamKey(id: string): Result<string, AppError> {
    const channel = this.get(id);
    if (channel === undefined) return err(new AppError('not_found', `There is no channel "${id}".`));
    return ok(signStreamKey(this.#deps.streamKeys, { channelId: id, version: channel.keyVersion }));
  }

  async rotateKey(id: string): Promise<Result<string, AppError>> {
    const changed = await this.#change(id, (record) =>
      record.keyVersion >= MAX_KEY_VERSION
        ? err(new AppError('conflict', 'This channel has used up its key versions.'))
        : ok({ ...record, keyVersion: record.keyVersion + 1 }),
    );
    return changed.ok ? this.streamKey(id) : changed;
  }

  verify(streamKey: string): Result<Channel, AppError> {
    const claims = verifyStreamKey(this.#deps.streamKeys, streamKey);
    if (!claims.ok) return claims;
    const channel = this.get(claims.value.channelId);
    if (channel === undefined) return err(new AppError('channel_unknown'));
    // A version from the future comes from a database that was restored: as good as revoked.
    return channel.keyVersion === claims.value.version ? ok(channel) : err(new AppError('key_revoked'));
  }
}

export const openChannels = async (deps: ChannelsDeps): Promise<Channels> => new ChannelDirectory(deps, await deps.store.list());
