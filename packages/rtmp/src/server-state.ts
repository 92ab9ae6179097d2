// The states of a server session with the deadline of each, and what passes between the session and its driver.

import { type AppError, assertNever, type Millis, millis } from '@headend/core';
import type { ClientCapabilities } from './enhanced.ts';
import type { HandshakeCrypto } from './handshake.ts';
import type { SessionTimeouts } from './limits.ts';
import type { MediaEvent, MetadataEvent, PublishMedia } from './publish-media.ts';
import type { PublishTarget } from './publish-target.ts';
import type { CloseReason, Deadline } from './session.ts';

export type PublishIntent = PublishTarget & { readonly tcUrl: string; readonly client: ClientCapabilities };

export type ServerCommand =
  /** The publish that was asked for may go on. */
  | { readonly type: 'accept' }
  /** Ends the connection with a status the encoder can show: answers connect, publish, or a running publish. */
  | { readonly type: 'refuse'; readonly error: AppError }
  | { readonly type: 'requestReconnect'; readonly tcUrl?: string; readonly description?: string }
  /** The driver stops and resumes reading: silence while it holds is not the publisher's. */
  | { readonly type: 'hold' }
  | { readonly type: 'release' }
  /** The transport ended. */
  | { readonly type: 'disconnected' };

export type ServerEvent =
  | { readonly type: 'publish'; readonly intent: PublishIntent }
  | MediaEvent
  | MetadataEvent
  /** The encoder said goodbye; it may publish again on the same connection. */
  | { readonly type: 'unpublish' };

export type ServerSessionConfig = {
  readonly application: string;
  readonly crypto: HandshakeCrypto;
  /** When the connection was accepted. */
  readonly now: Millis;
  readonly timeouts?: SessionTimeouts;
};

export type ServerState =
  | { readonly name: 'handshake' }
  | { readonly name: 'connect' }
  | { readonly name: 'ready' }
  | { readonly name: 'authorizing'; readonly msid: number }
  | { readonly name: 'publishing'; readonly msid: number; readonly media: PublishMedia }
  | { readonly name: 'closing'; readonly reason: CloseReason }
  | { readonly name: 'closed' };

export type Connected = { readonly app: string; readonly tcUrl: string; readonly capabilities: ClientCapabilities };

/** When the state has lasted long enough; `publishing` is the deadline of a running publish, null while the driver holds it back. */
export const stateDeadline = (
  state: ServerState,
  since: Millis,
  timeouts: SessionTimeouts,
  publishing: Deadline | null,
): Deadline | null => {
  const after = (span: Millis, reason: string): Deadline => ({ at: millis(since + span), reason });
  switch (state.name) {
    case 'handshake':
      return after(timeouts.handshakeMs, 'handshake_timeout');
    case 'connect':
      return after(timeouts.commandMs, 'connect_timeout');
    case 'ready':
      return after(timeouts.commandMs, 'publish_timeout');
    case 'authorizing':
      return after(timeouts.authorizeMs, 'authorize_timeout');
    case 'publishing':
      return publishing;
    case 'closing':
      return after(timeouts.lingerMs, 'linger');
    case 'closed':
      return null;
    default:
      return assertNever(state, 'session state');
  }
};
