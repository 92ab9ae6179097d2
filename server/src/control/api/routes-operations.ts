// What operators' machines ask: /healthz (the process answers), /readyz (it can do its work), /metrics (Prometheus text).

import { AppError } from '@headend/core';
import Type from 'typebox';
import type { Api, RouteContext } from './context.ts';
import { Health, Problem, Ready } from './schemas.ts';

const tags = ['operations'];
/** Probes come every second or so; a check that hangs must not pile up behind them. */
const READINESS_TIMEOUT_MS = 3_000;

type Checks = Awaited<ReturnType<RouteContext['readiness']>>;

const withTimeout = async (checks: Promise<Checks>, name: string): Promise<Checks> => {
  const late = Promise.withResolvers<Checks>();
  const timer = setTimeout(
    () => late.resolve({ [name]: { ok: false, detail: `no answer within ${READINESS_TIMEOUT_MS} ms` } }),
    READINESS_TIMEOUT_MS,
  );
  try {
    return await Promise.race([checks, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};

export const registerOperationRoutes = (api: Api, context: RouteContext): void => {
  const { control, access, metrics } = context;
  api.get('/healthz', { schema: { tags, summary: 'The process answers', response: { 200: Health } } }, async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    return { status: 'ok' as const };
  });
  api.get(
    '/readyz',
    { schema: { tags, summary: 'The server can do its work', response: { 200: Ready, 503: Ready } } },
    async (_request, reply) => {
      const [own, others] = await Promise.all([withTimeout(control.readiness(), 'store'), withTimeout(context.readiness(), 'listeners')]);
      const checks = { ...own, ...others };
      const ready = Object.values(checks).every((check) => check.ok);
      reply.header('cache-control', 'no-store').code(ready ? 200 : 503);
      return { status: ready ? ('ready' as const) : ('not_ready' as const), checks };
    },
  );
  api.get(
    '/metrics',
    {
      schema: {
        tags,
        summary: 'Prometheus metrics; open on loopback, else for administrators',
        security: [{ admin: [] }, {}],
        response: { 200: Type.String(), '4xx': Problem },
      },
    },
    async (request, reply) => {
      if (access.admin(request, reply) === undefined && !access.isLocal(request)) {
        throw new AppError('unauthorized', 'Metrics need the administrator secret unless asked for on the machine itself.');
      }
      const page = await metrics.scrape();
      return reply.header('content-type', page.contentType).header('cache-control', 'no-store').send(page.body);
    },
  );
};
