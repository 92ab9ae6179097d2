// The PublishGate of the front doors: stream keys through the channel snapshot, the life of a stream through the stream service.

import { AppError, err, ok, type Result } from '@headend/core';
import type { PublishGate, PublishGrant } from '../ingest/ports.ts';
import type { Channels } from './channels.ts';
import type { StreamService } from './stream-service.ts';

export const createPublishGate = (channels: Channels, streams: StreamService): PublishGate => ({
  async authenticate(streamKey) {
    const channel = channels.verify(streamKey);
    return channel.ok ? ok({ channelId: channel.value.id, policy: channel.value.policy }) : channel;
  },
  async open(channelId, protocol): Promise<Result<PublishGrant, AppError>> {
    const channel = channels.get(channelId);
    if (channel === undefined) return err(new AppError('channel_unknown'));
    const opened = await streams.publish(channelId, protocol);
    return opened.ok ? ok({ channelId, ...opened.value, policy: channel.policy }) : opened;
  },
  live: (streamId) => streams.live(streamId),
  closed: (streamId, sessionId, reason) => streams.unpublished(streamId, sessionId, reason.code),
  health: (streamId, warning) => streams.health(streamId, warning),
});
