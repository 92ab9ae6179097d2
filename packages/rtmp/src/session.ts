// The sans-IO contract of both session kinds: bytes, ticks and commands in; bytes, events and the next deadline out.
// Law: handle one input, drain poll() until it is empty, read deadline(), and only then handle the next.

import type { Millis } from '@headend/core';

export type SessionInput<Command> =
  | { readonly type: 'bytes'; readonly now: Millis; readonly bytes: Uint8Array }
  | { readonly type: 'tick'; readonly now: Millis }
  | { readonly type: 'command'; readonly now: Millis; readonly command: Command };

export type CloseReason = {
  /** The peer said goodbye, or we ended on purpose after it did what it came for. */
  readonly clean: boolean;
  /** Stable, for logs and metrics. */
  readonly code: string;
  /** One sentence without anything the peer sent. */
  readonly message: string;
};

export type SessionOutput<Event> =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  | { readonly type: 'event'; readonly event: Event }
  | { readonly type: 'close'; readonly reason: CloseReason };

export type Deadline = { readonly at: Millis; readonly reason: string };
