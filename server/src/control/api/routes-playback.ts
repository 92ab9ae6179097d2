// Playback: who may watch gets a token; a manifest address that carries a token leads to the media URL.

import { AppError, wallMs } from '@headend/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { allowsAnonymous } from '../policy.ts';
import type { StreamInfo } from '../stream-events.ts';
import { type Api, baseUrl, type RouteContext } from './context.ts';
import { ManifestQuery, Playback, Problem, StreamParams } from './schemas.ts';
import { isoTime } from './views.ts';

const tags = ['playback'];

export const mediaPath = (token: string, streamId: string, file: string): string => `/p/${token}/${streamId}/${file}`;

const watchable = async (context: RouteContext, request: FastifyRequest, reply: FastifyReply, streamId: string): Promise<StreamInfo> => {
  const isAdmin = context.access.admin(request, reply) !== undefined;
  const stream = await context.control.streams.find(streamId);
  if (stream === undefined) throw new AppError('stream_unknown');
  const channel = context.control.channels.get(stream.channelId);
  const mayWatch = isAdmin || (channel !== undefined && allowsAnonymous(channel.entitlements));
  if (!mayWatch) throw new AppError('playback_login_required');
  if (stream.state === 'live') return stream;
  throw new AppError(
    'stream_not_live',
    stream.state === 'ended' ? 'The stream has ended.' : 'The stream has not sent anything playable yet.',
  );
};

export const registerPlaybackRoutes = (api: Api, context: RouteContext): void => {
  const { control } = context;
  api.post(
    '/v1/streams/:id/playback',
    {
      config: { cors: true },
      schema: {
        tags,
        summary: 'A playback token and the media URLs',
        params: StreamParams,
        security: [{ admin: [] }, {}],
        response: { 200: Playback, '4xx': Problem },
      },
    },
    async (request, reply) => {
      const stream = await watchable(context, request, reply, request.params.id);
      const expiresAt = wallMs(control.clock.now() + context.tokenTtlMs);
      const token = control.tokens.issue({ streamId: stream.id, viewerSession: control.ids('viewer'), expiresAt });
      reply.header('cache-control', 'no-store');
      const hls = `${baseUrl(context, request)}${mediaPath(token, stream.id, 'manifest.m3u8')}`;
      return { hls, dash: null, whep: null, token, expires_at: isoTime(expiresAt) };
    },
  );
  api.get(
    '/v1/streams/:id/manifest.m3u8',
    {
      config: { cors: true },
      schema: {
        tags,
        summary: 'Leads to the HLS media URL',
        params: StreamParams,
        querystring: ManifestQuery,
        response: { '4xx': Problem },
      },
    },
    async (request, reply) => {
      const { token } = request.query;
      if (token === undefined) throw new AppError('playback_token_invalid', 'Add ?token= from POST /v1/streams/:id/playback.');
      const claims = control.tokens.verify(token, control.clock.now());
      if (!claims.ok) throw claims.error;
      if (claims.value.streamId !== request.params.id) throw new AppError('playback_token_invalid', 'The token belongs to another stream.');
      reply.header('cache-control', 'no-store');
      // A path alone: right under every name and scheme the server is reached by.
      return reply.redirect(mediaPath(token, claims.value.streamId, 'manifest.m3u8'), 302);
    },
  );
};
