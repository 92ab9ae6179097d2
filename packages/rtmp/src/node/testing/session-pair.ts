// A server session and helpers to speak to it in virtual time, and a client session wired to it in memory.

import { createHmac } from 'node:crypto';
import { type Millis, millis } from '@headend/core';
import type { AmfValue } from '../../amf-value.ts';
import { ChunkReader } from '../../chunk-reader.ts';
import { ChunkWriter } from '../../chunk-writer.ts';
import { type ClientEvent, ClientSession, type ClientSessionConfig } from '../../client-session.ts';
import { HANDSHAKE_BLOCK_BYTES, type HandshakeCrypto } from '../../handshake.ts';
import type { RtmpMessage } from '../../message.ts';
import { MessageType } from '../../message.ts';
import { type Command, parseCommand, writeCommand } from '../../messages.ts';
import { ServerSession } from '../../server-session.ts';
import type { ServerCommand, ServerEvent } from '../../server-state.ts';
import type { CloseReason, SessionInput, SessionOutput } from '../../session.ts';

export const testCrypto: HandshakeCrypto = {
  hmacSha256: (key, data) => new Uint8Array(createHmac('sha256', key).update(data).digest()),
  randomBytes: (size) => new Uint8Array(size).fill(0x5a),
};

type Drivable<Command, Event> = { handle(input: SessionInput<Command>): void; poll(): SessionOutput<Event> | undefined };

export type Drained<Event> = { readonly sent: Uint8Array; readonly events: readonly Event[]; readonly close: CloseReason | undefined };

export const drain = <C, E>(session: Drivable<C, E>): Drained<E> => {
  const sent: Uint8Array[] = [];
  const events: E[] = [];
  let close: CloseReason | undefined;
  for (let output = session.poll(); output !== undefined; output = session.poll()) {
    if (output.type === 'send') sent.push(output.bytes);
    else if (output.type === 'event') events.push(output.event);
    else close = output.reason;
  }
  return { sent: new Uint8Array(Buffer.concat(sent)), events, close };
};

/** Speaks to a ServerSession message by message, and reads what it answers. */
export class ServerBench {
  readonly session: ServerSession;
  readonly events: ServerEvent[] = [];
  readonly answers: RtmpMessage[] = [];
  #close: CloseReason | undefined;
  now: Millis = millis(0);
  readonly #writer = new ChunkWriter();
  readonly #reader = new ChunkReader();
  #handshaken = 0;

  constructor() {
    this.session = new ServerSession({ application: 'live', crypto: testCrypto, now: this.now });
  }

  /** Why the session ended, once it has. */
  close(): CloseReason | undefined {
    return this.#close;
  }

  bytes(bytes: Uint8Array): this {
    return this.#input({ type: 'bytes', now: this.now, bytes });
  }

  tick(at: number): this {
    this.now = millis(at);
    return this.#input({ type: 'tick', now: this.now });
  }

  command(command: ServerCommand): this {
    return this.#input({ type: 'command', now: this.now, command });
  }

  message(message: RtmpMessage): this {
    return this.bytes(this.#writer.write(message));
  }

  call(name: string, transactionId: number, args: readonly AmfValue[], msid = 0): this {
    return this.message(writeCommand({ name, transactionId, args }, msid));
  }

  handshake(): this {
    return this.bytes(new Uint8Array(1 + 2 * HANDSHAKE_BLOCK_BYTES).fill(3, 0, 1));
  }

  connect(fields: Readonly<Record<string, AmfValue>> = { app: 'live', tcUrl: 'rtmp://host/live' }): this {
    return this.handshake().call('connect', 1, [new Map(Object.entries(fields))]);
  }

  publish(key = 'key'): this {
    return this.connect().call('createStream', 4, [null]).call('publish', 5, [null, key, 'live'], 1);
  }

  accepted(key = 'key'): this {
    return this.publish(key).command({ type: 'accept' });
  }

  media(type: number, timestamp: number, body: Uint8Array, msid = 1): this {
    return this.message({ csid: 4, type, timestamp, msid, body });
  }

  /** Commands that came back, oldest first. */
  get calls(): readonly Command[] {
    return this.answers.flatMap((message) => {
      if (message.type !== MessageType.commandAmf0) return [];
      const parsed = parseCommand(message);
      return parsed.ok ? [parsed.value] : [];
    });
  }

  /** Codes of the status objects that came back. */
  get statuses(): readonly unknown[] {
    return this.calls.flatMap(({ args }) => args.flatMap((arg) => (arg instanceof Map && arg.has('code') ? [arg.get('code')] : [])));
  }

  #input(input: SessionInput<ServerCommand>): this {
    this.session.handle(input);
    const { sent, events, close } = drain(this.session);
    const skip = Math.min(sent.length, 1 + 2 * HANDSHAKE_BLOCK_BYTES - this.#handshaken);
    this.#handshaken += skip;
    this.#reader.push(sent.subarray(skip));
    for (let message = this.#reader.next(); message !== undefined; message = this.#reader.next()) this.answers.push(message);
    this.events.push(...events);
    this.#close ??= close;
    return this;
  }
}

export type Pair = {
  readonly server: ServerSession;
  readonly client: ClientSession;
  readonly serverEvents: ServerEvent[];
  readonly clientEvents: ClientEvent[];
  readonly closes: { client?: CloseReason; server?: CloseReason };
  /** Carries bytes both ways in slices until nothing moves; the server's publish event is answered by `decide`. */
  settle(slice?: number): void;
};

export const wire = (decide: ServerCommand, config: Partial<ClientSessionConfig> = {}): Pair => {
  const now = millis(0);
  const server = new ServerSession({ application: 'live', crypto: testCrypto, now });
  const base = { app: 'live', tcUrl: 'rtmp://host/live', streamKey: 'key', crypto: testCrypto, now };
  const client = new ClientSession({ ...base, ...config });
  const pair: Pair = {
    server,
    client,
    serverEvents: [],
    clientEvents: [],
    closes: {},
    settle: (slice = 1000) => settle(pair, decide, slice),
  };
  return pair;
};

const feed = <C, E>(to: Drivable<C, E>, bytes: Uint8Array, slice: number, outputs: (drained: Drained<E>) => void): void => {
  for (let at = 0; at < bytes.length; at += slice) {
    to.handle({ type: 'bytes', now: millis(0), bytes: bytes.subarray(at, at + slice) });
    outputs(drain(to));
  }
};

const settle = (pair: Pair, decide: ServerCommand, slice: number): void => {
  const toServer: Uint8Array[] = [];
  const toClient: Uint8Array[] = [];
  const fromClient = ({ sent, events, close }: Drained<ClientEvent>): void => {
    toServer.push(sent);
    pair.clientEvents.push(...events);
    if (close !== undefined) pair.closes.client ??= close;
  };
  const fromServer = ({ sent, events, close }: Drained<ServerEvent>): void => {
    toClient.push(sent);
    pair.serverEvents.push(...events);
    if (close !== undefined) pair.closes.server ??= close;
    if (!events.some((event) => event.type === 'publish')) return;
    pair.server.handle({ type: 'command', now: millis(0), command: decide });
    fromServer(drain(pair.server));
  };
  fromClient(drain(pair.client));
  while (toServer.length + toClient.length > 0) {
    for (const bytes of toServer.splice(0)) feed(pair.server, bytes, slice, fromServer);
    for (const bytes of toClient.splice(0)) feed(pair.client, bytes, slice, fromClient);
  }
};
