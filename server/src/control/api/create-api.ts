// The API as one Fastify instance that listens nowhere: the composition root hands it requests of its HTTP and HTTPS (HTTP/2) servers.
// Errors of every kind leave as problem documents; public reads and playback may be called from other sites; OpenAPI and its page at /docs.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { AppError } from '@headend/core';
import { type FastifyBaseLogger, type FastifyReply, type FastifyRequest, fastify, LogController } from 'fastify';
import { redact } from '../../observe/index.ts';
import { Access } from './access.ts';
import type { Api, ApiDeps, RouteContext } from './context.ts';
import { FailureLimit } from './failure-limit.ts';
import { sendProblem } from './problem.ts';
import { RouteTable } from './route-table.ts';
import { registerChannelRoutes } from './routes-channels.ts';
import { registerOperationRoutes } from './routes-operations.ts';
import { registerPlaybackRoutes } from './routes-playback.ts';
import { registerStreamRoutes } from './routes-streams.ts';
import { type TypeBoxProvider, validatorCompiler } from './validation.ts';

/** The largest body is a channel's policy. */
const MAX_BODY_BYTES = 64 * 1024;
const PREFLIGHT_AGE_S = 86_400;

/** The plug-in's own policy upgrades to https, which breaks the page on a plain http address of the local network. */
const DOCS_CSP =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; frame-ancestors 'self'; base-uri 'self'";

/** The wordmark of the site, in place of the framework's. */
const DOCS_LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" width="130" height="40" viewBox="0 0 130 40"><circle cx="12" cy="20" r="6" fill="#ffb224"/><text x="28" y="27" font-family="Inter, system-ui, sans-serif" font-size="20" font-weight="600" fill="#eceef2">Headend</text></svg>';

const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? '/';

const allowCors = (reply: FastifyReply): FastifyReply =>
  // No cookies anywhere, so any site may: it can only send what its own user typed.
  reply.header('access-control-allow-origin', '*').header('access-control-expose-headers', 'retry-after, x-request-id, location');

const answerUnrouted = (table: RouteTable, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const { methods, corsMethods } = table.match(pathOf(request));
  if (request.method === 'OPTIONS' && corsMethods.length > 0) {
    return allowCors(reply)
      .header('access-control-allow-methods', corsMethods.join(', '))
      .header('access-control-allow-headers', 'authorization, content-type')
      .header('access-control-max-age', String(PREFLIGHT_AGE_S))
      .code(204)
      .send();
  }
  if (methods.length === 0)
    return sendProblem(request, reply, new AppError('not_found', `${request.method} ${redact(pathOf(request))} leads nowhere.`));
  reply.header('allow', methods.join(', '));
  return sendProblem(request, reply, new AppError('method_not_allowed', `This address takes ${methods.join(', ')}.`));
};

const watchRoutes = (api: Api, table: RouteTable): void => {
  api.addHook('onRoute', (route) => {
    table.add(route.url, [route.method].flat(), route.config?.cors === true);
  });
};

const observe = (api: Api, { metrics, log }: ApiDeps): void => {
  api.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    if (request.routeOptions.config.cors === true) allowCors(reply);
  });
  api.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unmatched';
    metrics.count('headend_http_requests_total', 1, { method: request.method, route, status: String(reply.statusCode) });
    metrics.observe('headend_http_request_seconds', reply.elapsedTime / 1000, { route });
    const line = {
      request_id: request.id,
      method: request.method,
      url: redact(request.url),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    };
    log.debug(line, 'api request');
  });
};

const documentApi = (api: Api, version: string): void => {
  void api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Headend',
        version,
        description: 'Live streaming: channels, streams, playback. Errors are RFC 9457 problem documents with a stable `code`.',
      },
      components: { securitySchemes: { admin: { type: 'http', scheme: 'bearer', description: 'Administrator secret' } } },
    },
  });
  const logo = { type: 'image/svg+xml', content: Buffer.from(DOCS_LOGO), href: '/', target: '_self' } as const;
  void api.register(swaggerUi, { routePrefix: '/docs', staticCSP: DOCS_CSP, logo, theme: { title: 'Headend API' } });
};

/** Await `ready()` before handing requests to it; `close()` when the servers are closed. */
export const createApi = (deps: ApiDeps): Api => {
  const loggerInstance: FastifyBaseLogger = deps.log;
  const api = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    genReqId: () => deps.control.ids('request'),
    requestIdHeader: false,
    trustProxy: deps.trustedProxies.length === 0 ? false : [...deps.trustedProxies],
    frameworkErrors: (error, request, reply) => void sendProblem(request, reply, error),
  }).withTypeProvider<TypeBoxProvider>();
  // Types and the OpenAPI document come from the same schemas; views.ts already writes exactly their members.
  api.setValidatorCompiler(validatorCompiler);
  api.setSerializerCompiler(() => (data) => JSON.stringify(data));
  api.setErrorHandler((error, request, reply) => sendProblem(request, reply, error));
  const table = new RouteTable();
  api.setNotFoundHandler((request, reply) => answerUnrouted(table, request, reply));
  watchRoutes(api, table);
  observe(api, deps);
  documentApi(api, deps.version);
  const limit = new FailureLimit(() => deps.control.clock.now());
  const context: RouteContext = { ...deps, access: new Access(deps.control.admins, deps.control.channels, limit, deps.metrics) };
  // In a plugin of their own, so that the document generator, registered before, sees them.
  void api.register(async (scope) => {
    const typed = scope.withTypeProvider<TypeBoxProvider>();
    registerStreamRoutes(typed, context);
    registerPlaybackRoutes(typed, context);
    registerChannelRoutes(typed, context);
    registerOperationRoutes(typed, context);
  });
  return api;
};

/** Hands one request to the API, from an HTTP/1.1 server or from an HTTP/2 server in compatibility mode. */
export const routeToApi = (
  api: Api,
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
): void => {
  // Fastify's router takes both kinds; its type names the one its own server would make.
  api.routing(request as IncomingMessage, response as ServerResponse);
};
