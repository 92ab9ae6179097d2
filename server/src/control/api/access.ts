// Credentials of API requests: an administrator's bearer secret, or a stream key in the body. Failures count per address (failure-limit.ts).
// A credential that is present and wrong is refused everywhere, also where none would be needed: silence would hide the mistake.

import { AppError, type Result } from '@headend/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from '../../observe/index.ts';
import type { AdminDirectory } from '../admin-secrets.ts';
import type { Channel, Channels } from '../channels.ts';
import type { AdminRecord } from '../ports.ts';
import type { FailureLimit } from './failure-limit.ts';
import { isLocal } from './locality.ts';

const BEARER = /^bearer +([A-Za-z0-9._~+/=-]{1,512})$/i;

export class Access {
  readonly #admins: AdminDirectory;
  readonly #channels: Channels;
  readonly #limit: FailureLimit;
  readonly #metrics: Metrics;

  constructor(admins: AdminDirectory, channels: Channels, limit: FailureLimit, metrics: Metrics) {
    this.#admins = admins;
    this.#channels = channels;
    this.#limit = limit;
    this.#metrics = metrics;
  }

  #checkLimit(request: FastifyRequest, reply: FastifyReply): void {
    const seconds = this.#limit.retryAfter(request.ip);
    if (seconds === 0) return;
    reply.header('retry-after', String(seconds));
    throw new AppError('rate_limited', `Too many failed attempts from this address; try again in ${seconds} s.`);
  }

  #fail(request: FastifyRequest, error: AppError): never {
    this.#limit.fail(request.ip);
    this.#metrics.count('headend_auth_failures_total', 1, { code: error.code });
    throw error;
  }

  /** The administrator who asks, or undefined for somebody without a credential. */
  admin(request: FastifyRequest, reply: FastifyReply): AdminRecord | undefined {
    const header = request.headers.authorization;
    if (header === undefined) return undefined;
    this.#checkLimit(request, reply);
    const admin = this.#admins.authenticate(BEARER.exec(header)?.[1] ?? '');
    return admin ?? this.#fail(request, new AppError('unauthorized', 'The administrator secret is not valid.'));
  }

  requireAdmin(request: FastifyRequest, reply: FastifyReply): AdminRecord {
    const admin = this.admin(request, reply);
    if (admin === undefined) throw new AppError('unauthorized', 'Send the administrator secret as "Authorization: Bearer …".');
    return admin;
  }

  /** The channel of a stream key. */
  channelOfKey(request: FastifyRequest, reply: FastifyReply, streamKey: string): Channel {
    this.#checkLimit(request, reply);
    const channel: Result<Channel, AppError> = this.#channels.verify(streamKey);
    return channel.ok ? channel.value : this.#fail(request, channel.error);
  }

  /** Somebody at this machine's keyboard (or a scraper on it), by the socket and never by what a header claims. */
  isLocal(request: FastifyRequest): boolean {
    const { raw, headers } = request;
    // HTTP/2 names the host in a pseudo-header.
    const authority = headers[':authority'];
    const host = typeof authority === 'string' ? authority : headers.host;
    return isLocal({ remoteAddress: raw.socket.remoteAddress, host, headers });
  }
}
