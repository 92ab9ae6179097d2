// What the RTMP listener and its user say to each other: one publish is a request, a control and a publisher.

import type { AppError, Millis, WallMs } from '@headend/core';
import type { SessionTimeouts } from '../limits.ts';

export type PublishRequest = {
  readonly app: string;
  /** Secret. */
  readonly streamKey: string;
  /** From app, tcUrl and name together. May be secret. */
  readonly query: ReadonlyMap<string, string>;
  /** As sent; may contain the stream key. */
  readonly tcUrl: string;
  readonly remoteAddress: string;
  readonly secure: boolean;
  readonly client: { readonly flashVer: string; readonly fourCcs: readonly string[]; readonly capsEx: number };
};

export type MediaMessage = {
  readonly kind: 'audio' | 'video';
  /** From 0; wraps and leaps of the encoder's clock are gone (RtmpTimeline). */
  readonly timestampMs: number;
  /** FLV tag body, the receiver's to keep. */
  readonly body: Uint8Array;
  readonly arrivedAt: WallMs;
  /** The encoder's clock leapt at this message. */
  readonly reanchored: boolean;
};

export interface Publisher {
  media(message: MediaMessage): void;
  metadata(values: ReadonlyMap<string, unknown>): void;
  /** Once, whatever the reason. Nothing follows. */
  closed(reason: { readonly clean: boolean; readonly code: string; readonly message: string }): void;
}

export interface PublishControl {
  /** Sends a status of level error with the code's RTMP status and a readable description, flushes, closes. */
  refuse(error: AppError): void;
  /** Enhanced RTMP ReconnectRequest. False when the client does not know it; nothing is sent then. */
  requestReconnect(tcUrl?: string, description?: string): boolean;
  /** Stops reading the socket: TCP slows the encoder down. */
  pause(): void;
  resume(): void;
  readonly bytesReceived: number;
  /** On the clock of performance.now(). */
  readonly lastReceivedAt: Millis;
}

/** For logs: never holds a stream key. */
export type SessionEnd = {
  readonly clean: boolean;
  readonly code: string;
  readonly message: string;
  readonly remoteAddress: string;
  readonly secure: boolean;
  /** Whether a Publisher was ever given this session's media (and was told of its end). */
  readonly published: boolean;
  readonly bytesReceived: number;
  readonly durationMs: Millis;
  /** What a bug of ours threw, when that ended the session. */
  readonly error?: unknown;
};

export type RtmpListenOptions = {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** The one application that is served. Default `live`. */
  readonly application?: string;
  readonly tls?: { readonly cert: string | Uint8Array; readonly key: string | Uint8Array };
  /** With `tls`: also serve plain RTMP on the same port, told apart by the first byte. Without, the port is TLS only. */
  readonly sniffTls?: boolean;
  readonly limits?: { readonly maxConnections?: number; readonly timeouts?: Partial<SessionTimeouts> };
  /** Asked once per connection, before a byte is read; an error is told to the client as the answer to connect. */
  readonly admit?: (remoteAddress: string) => AppError | undefined;
  /** Reject with an AppError to refuse the publish with its status. */
  readonly onPublish: (request: PublishRequest, control: PublishControl) => Promise<Publisher>;
  readonly onSessionEnd?: (end: SessionEnd) => void;
};

export interface RtmpListener {
  readonly address: { readonly host: string; readonly port: number };
  readonly connections: number;
  /** Sessions that ended by a bug of ours (or of a Publisher) since the start. */
  readonly faults: number;
  close(): Promise<void>;
}
