// /v1/channels: public facts for everybody, policy and keys for administrators.

import { AppError } from '@headend/core';
import type { Channel as ChannelModel } from '../channels.ts';
import type { Api, RouteContext } from './context.ts';
import { Channel, ChannelCreateBody, ChannelKey, ChannelList, ChannelParams, ChannelPatchBody, Problem } from './schemas.ts';
import { type ChannelView, channelView } from './views.ts';

const tags = ['channels'];
const security = [{ admin: [] }];

const unknown = (id: string): AppError => new AppError('not_found', `There is no channel "${id}".`);

const createView =
  ({ control, viewers }: RouteContext) =>
  (channel: ChannelModel, isAdmin: boolean): ChannelView => {
    const stream = control.streams.ofChannel(channel.id);
    return channelView(channel, { stream, viewers: stream === undefined ? 0 : viewers(stream.id), isAdmin });
  };

const registerReads = (api: Api, context: RouteContext): void => {
  const { control, access } = context;
  const view = createView(context);
  api.get(
    '/v1/channels',
    { config: { cors: true }, schema: { tags, summary: 'All channels', response: { 200: ChannelList } } },
    async (request, reply) => {
      const isAdmin = access.admin(request, reply) !== undefined;
      reply.header('cache-control', 'no-store');
      return { channels: control.channels.list().map((channel) => view(channel, isAdmin)) };
    },
  );
  api.get(
    '/v1/channels/:id',
    {
      config: { cors: true },
      schema: { tags, summary: 'One channel and its stream', params: ChannelParams, response: { 200: Channel, '4xx': Problem } },
    },
    async (request, reply) => {
      const isAdmin = access.admin(request, reply) !== undefined;
      const channel = control.channels.get(request.params.id);
      if (channel === undefined) throw unknown(request.params.id);
      reply.header('cache-control', 'no-store');
      return view(channel, isAdmin);
    },
  );
};

const registerKeys = (api: Api, { control, access }: RouteContext): void => {
  const answer = (channelId: string, streamKey: string) => ({
    channel_id: channelId,
    stream_key: streamKey,
    key_version: control.channels.get(channelId)?.keyVersion ?? 0,
  });
  api.get(
    '/v1/channels/:id/key',
    { schema: { tags, security, summary: 'The current stream key', params: ChannelParams, response: { 200: ChannelKey, '4xx': Problem } } },
    async (request, reply) => {
      access.requireAdmin(request, reply);
      const key = control.channels.streamKey(request.params.id);
      if (!key.ok) throw key.error;
      reply.header('cache-control', 'no-store');
      return answer(request.params.id, key.value);
    },
  );
  api.post(
    '/v1/channels/:id/key/rotate',
    {
      schema: {
        tags,
        security,
        summary: 'Revoke all keys and make a new one',
        params: ChannelParams,
        response: { 200: ChannelKey, '4xx': Problem },
      },
    },
    async (request, reply) => {
      access.requireAdmin(request, reply);
      const key = await control.rotateKey(request.params.id);
      if (!key.ok) throw key.error;
      reply.header('cache-control', 'no-store');
      return answer(request.params.id, key.value);
    },
  );
};

export const registerChannelRoutes = (api: Api, context: RouteContext): void => {
  const { control, access } = context;
  const view = createView(context);
  registerReads(api, context);
  registerKeys(api, context);
  api.post(
    '/v1/channels',
    { schema: { tags, security, summary: 'Create a channel', body: ChannelCreateBody, response: { 201: Channel, '4xx': Problem } } },
    async (request, reply) => {
      access.requireAdmin(request, reply);
      const { id, ...patch } = request.body;
      const created = await control.channels.create(id, patch);
      if (!created.ok) throw created.error;
      return reply.code(201).header('location', `/v1/channels/${id}`).send(view(created.value, true));
    },
  );
  api.patch(
    '/v1/channels/:id',
    {
      schema: {
        tags,
        security,
        summary: 'Change title, category, policy, entitlements',
        params: ChannelParams,
        body: ChannelPatchBody,
        response: { 200: Channel, '4xx': Problem },
      },
    },
    async (request, reply) => {
      access.requireAdmin(request, reply);
      const changed = await control.channels.update(request.params.id, request.body);
      if (!changed.ok) throw changed.error;
      return view(changed.value, true);
    },
  );
};
