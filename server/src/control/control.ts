// Control, put together: keys, channels, administrators, streams, bootstrap. The composition root gives it a store and a folder and wires its
// gate to ingest, its tokens to the origin and its streams to hub and packager.

import type { AppError, Result } from '@headend/core';
import type { PublishGate, PublishPolicy } from '../ingest/ports.ts';
import type { Log } from '../observe/index.ts';
import { type AdminDirectory, createAdminDirectory } from './admin-secrets.ts';
import { type Bootstrap, type BootstrapUrls, type FirstStart, prepareBootstrap, publishBootstrap } from './bootstrap.ts';
import { type Channels, openChannels } from './channels.ts';
import { systemClock } from './clock.ts';
import { createIds, type Ids } from './ids.ts';
import { openKeyrings } from './keyring.ts';
import { createPlaybackTokens, type PlaybackTokenAuthority } from './playback-token.ts';
import type { Clock, ControlStore, RenditionStore } from './ports.ts';
import { createPublishGate } from './publish-gate.ts';
import { checkReadiness, type Readiness } from './readiness.ts';
import { StreamService } from './stream-service.ts';

export type ControlDeps = {
  readonly store: ControlStore;
  /** Opened and locked by the caller (openDataFolder). */
  readonly dataFolder: string;
  readonly reconnectWindowMs: number;
  readonly policy: PublishPolicy;
  readonly log: Log;
  readonly clock?: Clock;
  readonly ids?: Ids;
};

export interface Control {
  readonly gate: PublishGate;
  readonly tokens: PlaybackTokenAuthority;
  readonly streams: StreamService;
  readonly channels: Channels;
  readonly admins: AdminDirectory;
  readonly renditions: RenditionStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly first: FirstStart;
  /** Takes up streams of the previous run and starts the heartbeat; call once, after listeners were attached to `streams`. */
  start(): Promise<void>;
  /** Writes bootstrap.json with the addresses really in use. */
  announce(urls: BootstrapUrls): Promise<Bootstrap>;
  /** Revokes a channel's keys, returns the new one, and keeps bootstrap.json right. Publishers that are connected stay. */
  rotateKey(channelId: string): Promise<Result<string, AppError>>;
  readiness(): Promise<Readiness>;
  /** Front doors first, then this, then the store. Idempotent. */
  close(): Promise<void>;
}

export const createControl = async (deps: ControlDeps): Promise<Control> => {
  const { store, dataFolder, log } = deps;
  const clock = deps.clock ?? systemClock;
  const ids = deps.ids ?? createIds(() => clock.now());
  const keyrings = await openKeyrings(dataFolder);
  const channels = await openChannels({ store: store.channels, clock, streamKeys: keyrings.streamKeys, defaults: deps.policy });
  const knownAdmins = await store.admins.list();
  const admins = createAdminDirectory(knownAdmins);
  const streams = new StreamService({ store: store.streams, channels, clock, ids, windowMs: deps.reconnectWindowMs, log });
  const first = await prepareBootstrap({
    dataFolder,
    admins: store.admins,
    directory: admins,
    knownAdmins: knownAdmins.length,
    channels,
    clock,
    ids,
  });

  let announced: BootstrapUrls | undefined;
  const writeBootstrap = async (urls: BootstrapUrls): Promise<Bootstrap> => {
    const key = channels.streamKey(first.channelId);
    const streamKey = key.ok ? key.value : first.streamKey;
    const bootstrap: Bootstrap = { adminToken: first.adminToken, channelId: first.channelId, streamKey, urls };
    await publishBootstrap(dataFolder, bootstrap);
    return bootstrap;
  };

  return {
    gate: createPublishGate(channels, streams),
    tokens: createPlaybackTokens(keyrings.playbackTokens),
    streams,
    channels,
    admins,
    renditions: store.renditions,
    clock,
    ids,
    first,
    start: () => streams.recover(),
    async announce(urls) {
      announced = urls;
      return writeBootstrap(urls);
    },
    async rotateKey(channelId) {
      const rotated = await channels.rotateKey(channelId);
      if (rotated.ok && channelId === first.channelId && announced !== undefined) await writeBootstrap(announced);
      return rotated;
    },
    readiness: () => checkReadiness(store, dataFolder),
    close: () => streams.close(),
  };
};
