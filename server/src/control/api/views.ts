// Records as the API shows them: snake_case, ISO times, and only what the asker may see. Pure.

import type { WallMs } from '@headend/core';
import type { Static } from 'typebox';
import type { Channel as ChannelModel } from '../channels.ts';
import { allowsAnonymous, policyDocumentOf } from '../policy.ts';
import type { RenditionRecord } from '../ports.ts';
import type { HealthWarning as HealthWarningModel, StreamInfo } from '../stream-events.ts';
import type { Channel, HealthWarning, Rendition, Stream } from './schemas.ts';

export type StreamView = Static<typeof Stream>;
export type ChannelView = Static<typeof Channel>;

export const isoTime = (at: WallMs): string => new Date(at).toISOString();
export const isoTimeOrNull = (at: WallMs | null): string | null => (at === null ? null : isoTime(at));

const renditionView = (rendition: RenditionRecord): Static<typeof Rendition> => ({
  profile: rendition.profile,
  codec: rendition.codec,
  bitrate: rendition.bitrate,
  resolution: rendition.resolution,
  keyframe_interval: rendition.keyframeInterval,
});

const healthView = (warning: HealthWarningModel): Static<typeof HealthWarning> => ({
  code: warning.code,
  message: warning.message,
  since: isoTime(warning.since),
  at: isoTime(warning.at),
});

const isInterrupted = (stream: StreamInfo): boolean => stream.state !== 'ended' && stream.interruptedAt !== null;

export type StreamContext = { readonly viewers: number; readonly renditions: readonly RenditionRecord[]; readonly isAdmin: boolean };

export const streamView = (stream: StreamInfo, context: StreamContext): StreamView => ({
  id: stream.id,
  channel_id: stream.channelId,
  state: stream.state,
  title: stream.title,
  protocol: stream.protocol,
  started_at: isoTime(stream.startedAt),
  live_at: isoTimeOrNull(stream.liveAt),
  ended_at: isoTimeOrNull(stream.endedAt),
  interrupted: isInterrupted(stream),
  viewers: context.viewers,
  renditions: context.renditions.map(renditionView),
  ...(context.isAdmin
    ? {
        session_id: stream.sessionId,
        resume_until: isoTimeOrNull(stream.resumeUntil),
        end_reason: stream.endReason,
        health: stream.health.map(healthView),
      }
    : {}),
});

const summaryView = (stream: StreamInfo, viewers: number): NonNullable<ChannelView['stream']> => ({
  id: stream.id,
  state: stream.state,
  title: stream.title,
  started_at: isoTime(stream.startedAt),
  live_at: isoTimeOrNull(stream.liveAt),
  interrupted: isInterrupted(stream),
  viewers,
});

export type ChannelContext = { readonly stream: StreamInfo | undefined; readonly viewers: number; readonly isAdmin: boolean };

export const channelView = (channel: ChannelModel, context: ChannelContext): ChannelView => ({
  id: channel.id,
  title: channel.title,
  category: channel.category,
  created_at: isoTime(channel.createdAt),
  anonymous_playback: allowsAnonymous(channel.entitlements),
  stream: context.stream === undefined ? null : summaryView(context.stream, context.viewers),
  ...(context.isAdmin
    ? {
        key_version: channel.keyVersion,
        policy: policyDocumentOf(channel.policy),
        policy_overrides: channel.policyOverrides,
        entitlements: channel.entitlements,
      }
    : {}),
});
