// Every error of the API as a problem document (RFC 9457): `application/problem+json` with type, title, status, detail, code, retryable,
// fields and request_id. Only what is meant for clients gets out; our own failures are logged whole and shown as `internal`.

import { AppError, type ErrorCode } from '@headend/core';
import type { FastifyReply, FastifyRequest } from 'fastify';

export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly fields?: Readonly<Record<string, string>>;
  readonly request_id: string;
};

export const PROBLEM_TYPE = 'application/problem+json';

/** What the framework itself refuses, in our words. */
const frameworkCodes: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['payload_too_large', 'Send a smaller body.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send application/json.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['bad_request', 'The body is empty; send a JSON object.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['bad_request', 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['bad_request', 'The body is not as long as its Content-Length says.'],
  FST_ERR_BAD_URL: ['bad_request', 'The address is not a valid URL.'],
};

const hasCode = (error: unknown): error is Error & { readonly code: string } =>
  error instanceof Error && 'code' in error && typeof error.code === 'string';

export const toAppError = (error: unknown): AppError => {
  if (error instanceof AppError) return error;
  const known = hasCode(error) ? frameworkCodes[error.code] : undefined;
  if (known !== undefined) return new AppError(known[0], known[1], { cause: error });
  // JSON.parse failures and the like carry a 4xx status of their own.
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  if (typeof status === 'number' && status >= 400 && status < 500) return new AppError('bad_request', undefined, { cause: error });
  return new AppError('internal', undefined, { cause: error });
};

export const problemOf = (error: AppError, requestId: string): Problem => {
  const { status, title, retryable } = error.definition;
  return {
    type: `urn:headend:error:${error.code}`,
    title,
    status,
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    code: error.code,
    retryable,
    ...(error.fields === undefined ? {} : { fields: error.fields }),
    request_id: requestId,
  };
};

export const sendProblem = (request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply => {
  const error = toAppError(thrown);
  const problem = problemOf(error, request.id);
  if (error.code === 'internal') request.log.error({ err: error.cause ?? error, request_id: request.id }, 'an API request failed');
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(problem.status).header('content-type', PROBLEM_TYPE).header('cache-control', 'no-store').send(JSON.stringify(problem));
};
