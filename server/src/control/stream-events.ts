// What the stream service tells the rest of the house: callbacks for the composition root (which wires hub, packager and front doors), and
// the event objects of the contract (`stream.starting|live|ended|health`) for logs, webhooks and other programs.

import type { WallMs } from '@headend/core';
import type { IngestProtocol } from '../ingest/ports.ts';
import type { StreamState } from './ports.ts';
import type { EndReason } from './stream-state.ts';

export type HealthWarning = { readonly code: string; readonly message: string; readonly since: WallMs; readonly at: WallMs };

export type StreamInfo = {
  readonly id: string;
  readonly channelId: string;
  readonly state: StreamState;
  readonly protocol: IngestProtocol | null;
  readonly title: string;
  readonly startedAt: WallMs;
  readonly liveAt: WallMs | null;
  readonly endedAt: WallMs | null;
  readonly endReason: string | null;
  /** The publisher is gone and may come back until then. */
  readonly interruptedAt: WallMs | null;
  readonly resumeUntil: WallMs | null;
  /** The connected publisher's session. */
  readonly sessionId: string | null;
  readonly health: readonly HealthWarning[];
};

export type StreamEvent = {
  readonly id: string;
  readonly ts: string;
  readonly stream_id: string;
  readonly channel_id: string;
} & (
  | { readonly type: 'stream.starting' }
  | { readonly type: 'stream.live' }
  | { readonly type: 'stream.ended'; readonly reason: string }
  | { readonly type: 'stream.health'; readonly code: string; readonly message: string }
);

/** Called synchronously, in the order of the changes. A listener that throws is logged and does not disturb the others. */
export type StreamListener = {
  readonly streamStarting?: (stream: StreamInfo) => void;
  readonly streamLive?: (stream: StreamInfo) => void;
  readonly streamInterrupted?: (stream: StreamInfo) => void;
  readonly streamResumed?: (stream: StreamInfo) => void;
  readonly streamEnded?: (stream: StreamInfo, reason: EndReason) => void;
  /** The stream was stopped while a publisher was connected: end that publisher's session. `streamEnded` follows at once. */
  readonly stopRequested?: (streamId: string, sessionId: string) => void;
  readonly event?: (event: StreamEvent) => void;
};
