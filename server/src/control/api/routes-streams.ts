// /v1/streams: start, stop, list, read; and /v1/ingest.

import { AppError } from '@headend/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { policyDocumentOf } from '../policy.ts';
import type { StreamFilter, StreamState } from '../ports.ts';
import type { StreamInfo } from '../stream-events.ts';
import { type Api, publicHostName, type RouteContext } from './context.ts';
import { ingestUrls } from './locality.ts';
import {
  DEFAULT_PAGE,
  Ingest,
  Problem,
  StartBody,
  Started,
  StopBody,
  Stopped,
  Stream,
  StreamList,
  StreamParams,
  StreamQuery,
} from './schemas.ts';
import { isoTimeOrNull, type StreamView, streamView } from './views.ts';

const tags = ['streams'];
const states: Readonly<Record<NonNullable<Static<typeof StreamQuery>['state']>, readonly StreamState[]>> = {
  starting: ['starting'],
  live: ['live'],
  ended: ['ended'],
  open: ['starting', 'live'],
};

const filterOf = (query: Static<typeof StreamQuery>): StreamFilter => ({
  limit: query.limit ?? DEFAULT_PAGE,
  ...(query.state === undefined ? {} : { states: states[query.state] }),
  ...(query.channel_id === undefined ? {} : { channelId: query.channel_id }),
  ...(query.cursor === undefined ? {} : { before: query.cursor }),
});

const matches = (stream: StreamInfo, filter: StreamFilter): boolean =>
  (filter.states?.includes(stream.state) ?? true) &&
  (filter.channelId === undefined || stream.channelId === filter.channelId) &&
  (filter.before === undefined || stream.id < filter.before);

/** Open streams are read from memory, where they are right to the moment; the store knows the ended ones. */
const listStreams = async ({ control }: RouteContext, filter: StreamFilter): Promise<readonly StreamInfo[]> => {
  const open = control.streams.current().filter((stream) => matches(stream, filter));
  const ended = filter.states === undefined || filter.states.includes('ended') ? await control.streams.ended(filter) : [];
  return [...open, ...ended].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, filter.limit);
};

const view = async (context: RouteContext, streams: readonly StreamInfo[], isAdmin: boolean): Promise<readonly StreamView[]> => {
  const renditions = await context.control.renditions.list(streams.map((stream) => stream.id));
  return streams.map((stream) =>
    streamView(stream, {
      viewers: stream.state === 'ended' ? 0 : context.viewers(stream.id),
      renditions: renditions.filter((rendition) => rendition.streamId === stream.id),
      isAdmin,
    }),
  );
};

const registerReads = (api: Api, context: RouteContext): void => {
  api.get(
    '/v1/streams',
    {
      config: { cors: true },
      schema: { tags, summary: 'Streams, newest first', querystring: StreamQuery, response: { 200: StreamList, '4xx': Problem } },
    },
    async (request, reply) => {
      const isAdmin = context.access.admin(request, reply) !== undefined;
      const filter = filterOf(request.query);
      const streams = await listStreams(context, filter);
      reply.header('cache-control', 'no-store');
      return {
        streams: [...(await view(context, streams, isAdmin))],
        next_cursor: streams.length === filter.limit ? (streams.at(-1)?.id ?? null) : null,
      };
    },
  );
  api.get(
    '/v1/streams/:id',
    { config: { cors: true }, schema: { tags, summary: 'One stream', params: StreamParams, response: { 200: Stream, '4xx': Problem } } },
    async (request, reply) => {
      const isAdmin = context.access.admin(request, reply) !== undefined;
      const stream = await context.control.streams.find(request.params.id);
      if (stream === undefined) throw new AppError('stream_unknown');
      reply.header('cache-control', 'no-store');
      const [only] = await view(context, [stream], isAdmin);
      if (only === undefined) throw new AppError('stream_unknown');
      return only;
    },
  );
  api.get(
    '/v1/ingest',
    { config: { cors: true }, schema: { tags, summary: 'Where to publish, without keys', response: { 200: Ingest } } },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return { ...ingestUrls(publicHostName(context, request), context.listeners()), local: context.access.isLocal(request) };
    },
  );
};

/** An administrator may stop any stream, the holder of a channel's key that channel's. */
const authorizeStop = async (
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  body: Static<typeof StopBody>,
): Promise<void> => {
  if (context.access.admin(request, reply) !== undefined) return;
  if (body.stream_key === undefined) {
    throw new AppError('unauthorized', 'Send the administrator secret as "Authorization: Bearer …", or stream_key in the body.');
  }
  const channel = context.access.channelOfKey(request, reply, body.stream_key);
  const stream = await context.control.streams.find(body.stream_id);
  // The same answer for a stream of another channel as for none: a key says nothing about other channels.
  if (stream?.channelId !== channel.id) throw new AppError('stream_unknown');
};

export const registerStreamRoutes = (api: Api, context: RouteContext): void => {
  const { control, access } = context;
  registerReads(api, context);
  api.post(
    '/v1/streams/start',
    {
      schema: {
        tags,
        summary: 'Announce a stream; the next publish with this key attaches to it',
        body: StartBody,
        response: { 200: Started, '4xx': Problem },
      },
    },
    async (request, reply) => {
      const channel = access.channelOfKey(request, reply, request.body.stream_key);
      const reserved = await control.streams.reserve(channel.id);
      if (!reserved.ok) throw reserved.error;
      reply.header('cache-control', 'no-store');
      const { streamId, sessionId, resumed } = reserved.value;
      return {
        stream_id: streamId,
        session_id: sessionId,
        resumed,
        ingest_urls: ingestUrls(publicHostName(context, request), context.listeners()),
        limits: policyDocumentOf(channel.policy),
      };
    },
  );
  api.post(
    '/v1/streams/stop',
    {
      schema: {
        tags,
        summary: 'End a stream now',
        body: StopBody,
        security: [{ admin: [] }, {}],
        response: { 200: Stopped, '4xx': Problem },
      },
    },
    async (request, reply) => {
      await authorizeStop(context, request, reply, request.body);
      const stopped = await control.streams.stop(request.body.stream_id);
      if (!stopped.ok) throw stopped.error;
      return { stream_id: stopped.value.id, state: stopped.value.state, ended_at: isoTimeOrNull(stopped.value.endedAt) };
    },
  );
};
