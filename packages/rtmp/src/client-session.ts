// A publisher's side of one connection, in the order OBS speaks (Adobe RTMP 1.0 section 7.2.2; Enhanced RTMP v2 connect fields):
// handshake → connect → createStream → publish → publishing → closed. Left out: play, authmod=adobe.
// Refusals come out as an event with the server's code and description, from which the stream key is removed.

import { assertNever, type Millis, millis, type Result } from '@headend/core';
import { type AmfObject, type AmfValue, amfObject, isAmfObject, stringProperty } from './amf-value.ts';
import { publisherCapabilities } from './enhanced.ts';
import { ClientHandshake, type DigestScheme, type HandshakeCrypto } from './handshake.ts';
import { defaultTimeouts, type SessionTimeouts } from './limits.ts';
import { MessageType, type RtmpMessage, UserControlEvent } from './message.ts';
import { MessageLink } from './message-link.ts';
import { type Command, parseCommand, parseControl, setChunkSize, userControl, writeCommand, writeMetadata } from './messages.ts';
import type { CloseReason, Deadline, SessionInput, SessionOutput } from './session.ts';

/** Large chunks: a frame is one or a few. */
export const CLIENT_CHUNK_SIZE = 60_000;
const AUDIO_CSID = 4;
const VIDEO_CSID = 6;
const PUBLISH_CSID = 8;
const Transaction = { connect: 1, releaseStream: 2, fcPublish: 3, createStream: 4, publish: 5, fcUnpublish: 6, deleteStream: 7 } as const;

export type ClientSessionConfig = {
  /** As `connect` names it: path of the URL without the slash before it. */
  readonly app: string;
  readonly tcUrl: string;
  readonly streamKey: string;
  readonly crypto: HandshakeCrypto;
  readonly now: Millis;
  readonly flashVer?: string;
  readonly timeouts?: SessionTimeouts;
  /** Sign the handshake as Flash did. */
  readonly digest?: DigestScheme;
};

export type ClientCommand =
  | { readonly type: 'audio' | 'video'; readonly timestamp: number; readonly body: Uint8Array }
  | { readonly type: 'metadata'; readonly values: AmfObject }
  /** Says goodbye and closes. */
  | { readonly type: 'close' }
  | { readonly type: 'disconnected' };

export type ClientEvent =
  | { readonly type: 'publishing' }
  /** The server's own code, for example NetStream.Publish.BadName. A close follows. */
  | { readonly type: 'refused'; readonly code: string; readonly description: string }
  | { readonly type: 'reconnectRequest'; readonly tcUrl: string | undefined; readonly description: string };

type State =
  | { readonly name: 'handshake' }
  | { readonly name: 'connecting' }
  | { readonly name: 'creating' }
  | { readonly name: 'starting'; readonly msid: number }
  | { readonly name: 'publishing'; readonly msid: number }
  | { readonly name: 'closed' };

export class ClientSession {
  readonly #config: ClientSessionConfig;
  readonly #timeouts: SessionTimeouts;
  readonly #link: MessageLink<ClientEvent>;
  #state: State = { name: 'handshake' };
  #since: Millis;
  #now: Millis;

  /** C0 and C1 wait in poll() from the start. */
  constructor(config: ClientSessionConfig) {
    this.#config = config;
    this.#timeouts = config.timeouts ?? defaultTimeouts;
    const handshake = new ClientHandshake(config.crypto, config.digest);
    this.#link = new MessageLink(handshake, config.now);
    this.#since = config.now;
    this.#now = config.now;
    this.#link.out.send(handshake.start());
  }

  get state(): State['name'] {
    return this.#state.name;
  }

  poll(): SessionOutput<ClientEvent> | undefined {
    return this.#link.out.take();
  }

  /** Each step of the way to publishing has its time; a running publish ends by its transport. */
  deadline(): Deadline | null {
    const { name } = this.#state;
    if (name === 'publishing' || name === 'closed') return null;
    const span = name === 'handshake' ? this.#timeouts.handshakeMs : this.#timeouts.commandMs;
    return { at: millis(this.#since + span), reason: `${name}_timeout` };
  }

  handle(input: SessionInput<ClientCommand>): void {
    this.#link.out.begin();
    this.#now = input.now;
    if (this.#state.name === 'closed') return;
    if (input.type === 'bytes') this.#onBytes(input.bytes);
    else if (input.type === 'tick') this.#onTick();
    else this.#onCommand(input.command);
  }

  #onTick(): void {
    const due = this.deadline();
    if (due !== null && this.#now >= due.at) {
      this.#close(false, due.reason, `The server did not answer in time (${due.reason.replaceAll('_', ' ')}).`);
    }
  }

  #onBytes(bytes: Uint8Array): void {
    const received = this.#link.receive(bytes, this.#now);
    if (!received.ok) {
      this.#close(false, received.error.code, received.error.message);
      return;
    }
    if (received.value.handshaken) this.#connect();
    this.#drain();
    if (!this.#closed) this.#link.acknowledge();
  }

  #drain(): void {
    const { reader } = this.#link;
    for (let message = reader.next(); message !== undefined; message = reader.next()) {
      this.#onMessage(message);
      if (this.#closed) return;
    }
    const { error } = reader;
    if (error !== undefined) this.#close(false, error.code, `The server's chunk stream is broken: ${error.message}.`);
  }

  get #closed(): boolean {
    return this.#state.name === 'closed';
  }

  #connect(): void {
    const { app, tcUrl, flashVer } = this.#config;
    this.#enter({ name: 'connecting' });
    this.#send(setChunkSize(CLIENT_CHUNK_SIZE));
    const object = amfObject({
      app,
      type: 'nonprivate',
      flashVer: flashVer ?? 'FMLE/3.0 (compatible; Headend)',
      tcUrl,
      objectEncoding: 0,
      ...publisherCapabilities(),
    });
    this.#call('connect', Transaction.connect, [object]);
  }

  #onMessage(message: RtmpMessage): void {
    switch (message.type) {
      case MessageType.commandAmf0:
      case MessageType.commandAmf3: {
        const command = this.#wire(parseCommand(message));
        if (command !== undefined) this.#onAnswer(command);
        return;
      }
      case MessageType.userControl:
      case MessageType.windowAckSize:
      case MessageType.setPeerBandwidth: {
        const control = this.#wire(parseControl(message));
        if (control?.type === 'windowAckSize') this.#link.intake.window(control.size);
        if (control?.type === 'userControl' && control.event === UserControlEvent.pingRequest) {
          this.#send(userControl(UserControlEvent.pingResponse, control.value));
        }
        return;
      }
      default:
        return;
    }
  }

  #onAnswer(command: Command): void {
    if (command.name === '_result') this.#onResult(command);
    else if (command.name === '_error') this.#onError(command);
    else if (command.name === 'onStatus') this.#onStatus(command);
    // onBWDone, onFCPublish and others ask for nothing
  }

  #onResult({ transactionId, args }: Command): void {
    const { name } = this.#state;
    if (name === 'connecting' && transactionId === Transaction.connect) this.#createStream();
    else if (name === 'creating' && transactionId === Transaction.createStream) this.#publish(args[1]);
  }

  #createStream(): void {
    const { streamKey } = this.#config;
    this.#enter({ name: 'creating' });
    this.#call('releaseStream', Transaction.releaseStream, [null, streamKey]);
    this.#call('FCPublish', Transaction.fcPublish, [null, streamKey]);
    this.#call('createStream', Transaction.createStream, [null]);
  }

  #publish(msid: AmfValue): void {
    if (typeof msid !== 'number' || !Number.isInteger(msid) || msid < 1 || msid > 0xffffffff) {
      this.#close(false, 'stream_id', 'The server answered createStream without a usable stream.');
      return;
    }
    this.#enter({ name: 'starting', msid });
    const command = { name: 'publish', transactionId: Transaction.publish, args: [null, this.#config.streamKey, 'live'] };
    this.#send(writeCommand(command, msid, PUBLISH_CSID));
  }

  /** Servers may not know releaseStream and FCPublish; only the calls we depend on end the session. */
  #onError(command: Command): void {
    const fatal: readonly number[] = [Transaction.connect, Transaction.createStream, Transaction.publish];
    if (fatal.includes(command.transactionId)) this.#refused(statusOf(command));
  }

  #onStatus(command: Command): void {
    const status = statusOf(command);
    const code = stringProperty(status, 'code') ?? '';
    if (code === 'NetConnection.Connect.ReconnectRequest') {
      const description = this.#publicText(stringProperty(status, 'description') ?? '');
      this.#link.out.event({ type: 'reconnectRequest', tcUrl: stringProperty(status, 'tcUrl'), description });
    } else if (stringProperty(status, 'level') === 'error') this.#refused(status);
    else if (code === 'NetStream.Publish.Start' && this.#state.name === 'starting') {
      this.#enter({ name: 'publishing', msid: this.#state.msid });
      this.#link.out.event({ type: 'publishing' });
    }
  }

  #refused(status: AmfObject): void {
    const code = this.#publicText(stringProperty(status, 'code') ?? 'NetConnection.Call.Failed');
    const description = this.#publicText(stringProperty(status, 'description') ?? 'The server refused.');
    this.#link.out.event({ type: 'refused', code, description });
    this.#close(false, 'refused', 'The server refused the publish.');
  }

  /** Servers like to quote the stream key in their descriptions. */
  #publicText(text: string): string {
    const { streamKey } = this.#config;
    return streamKey === '' ? text : text.replaceAll(streamKey, '…');
  }

  #onCommand(command: ClientCommand): void {
    switch (command.type) {
      case 'audio':
      case 'video':
        this.#media(command.type, command.timestamp, command.body);
        return;
      case 'metadata':
        if (this.#state.name === 'publishing') this.#send(writeMetadata(command.values, this.#state.msid, AUDIO_CSID));
        return;
      case 'close':
        this.#goodbye();
        return;
      case 'disconnected':
        this.#close(false, 'disconnected', `The server ended the connection (${this.#state.name}).`);
        return;
      default:
        assertNever(command, 'client command');
    }
  }

  #media(kind: 'audio' | 'video', timestamp: number, body: Uint8Array): void {
    if (this.#state.name !== 'publishing') return;
    const { msid } = this.#state;
    const [csid, type] = kind === 'audio' ? [AUDIO_CSID, MessageType.audio] : [VIDEO_CSID, MessageType.video];
    this.#send({ csid, type, timestamp: timestamp >>> 0, msid, body });
  }

  #goodbye(): void {
    const state = this.#state;
    if (state.name === 'publishing' || state.name === 'starting') {
      this.#call('FCUnpublish', Transaction.fcUnpublish, [null, this.#config.streamKey]);
      this.#call('deleteStream', Transaction.deleteStream, [null, state.msid]);
    }
    this.#close(true, 'unpublished', 'The publisher ended its stream.');
  }

  #call(name: string, transactionId: number, args: readonly AmfValue[]): void {
    this.#send(writeCommand({ name, transactionId, args }));
  }

  #send(message: RtmpMessage): void {
    this.#link.send(message);
  }

  #enter(state: State): void {
    this.#state = state;
    this.#since = this.#now;
  }

  #wire<T>(parsed: Result<T, { readonly code: string; readonly message: string }>): T | undefined {
    if (parsed.ok) return parsed.value;
    this.#close(false, parsed.error.code, `The server's message cannot be read: ${parsed.error.message}.`);
    return undefined;
  }

  #close(clean: boolean, code: string, message: string): void {
    if (this.#closed) return;
    const reason: CloseReason = { clean, code, message };
    this.#enter({ name: 'closed' });
    this.#link.out.close(reason);
  }
}

/** The status object of _error and onStatus is the argument behind the null. */
const statusOf = (command: Command): AmfObject => command.args.find(isAmfObject) ?? new Map();
