// The server's side of one publishing connection (Adobe RTMP 1.0 sections 5 and 7; Enhanced RTMP v2 connect fields):
// handshake → connect → ready (createStream and friends) → authorizing → publishing → ready or closing.
// Left out: play (answered with an error), shared objects, authmod=adobe. The clock, the socket and the decision whether a
// publish is welcome belong to the driver. Messages that arrive while that decision is open wait unparsed.

import { type AppError, assertNever, type Millis, type Result } from '@headend/core';
import { type AmfValue, isAmfObject, stringProperty } from './amf-value.ts';
import { CapsEx, clientCapabilities, reconnectStatus } from './enhanced.ts';
import { ServerHandshake } from './handshake.ts';
import { defaultTimeouts, MAX_MESSAGE_STREAMS, MAX_PRE_PUBLISH_COMMANDS, MAX_STRAY_MEDIA, type SessionTimeouts } from './limits.ts';
import { MessageType, type RtmpMessage, UserControlEvent } from './message.ts';
import { MessageLink } from './message-link.ts';
import { type Command, parseCommand, parseControl, writeCommand } from './messages.ts';
import { isMedia, PublishMedia } from './publish-media.ts';
import { checkApplication, publishTarget } from './publish-target.ts';
import * as reply from './server-replies.ts';
import {
  type Connected,
  type ServerCommand,
  type ServerEvent,
  type ServerSessionConfig,
  type ServerState,
  stateDeadline,
} from './server-state.ts';
import type { CloseReason, Deadline, SessionInput, SessionOutput } from './session.ts';

const FAREWELL: CloseReason = { clean: true, code: 'unpublished', message: 'The encoder ended its stream.' };

export class ServerSession {
  readonly #config: ServerSessionConfig;
  readonly #timeouts: SessionTimeouts;
  readonly #link: MessageLink<ServerEvent>;
  #state: ServerState = { name: 'handshake' };
  #since: Millis;
  #now: Millis;
  #connected: Connected | undefined;
  #refusal: AppError | undefined;
  #streams = 0;
  #commands = 0;
  #strays = 0;
  #farewell = false;
  #held = false;
  #fcPublish = false;

  constructor(config: ServerSessionConfig) {
    this.#config = config;
    this.#timeouts = config.timeouts ?? defaultTimeouts;
    this.#link = new MessageLink(new ServerHandshake(config.crypto), config.now);
    this.#now = config.now;
    this.#since = config.now;
  }

  get state(): ServerState['name'] {
    return this.#state.name;
  }

  get bytesReceived(): number {
    return this.#link.intake.received;
  }

  get lastReceivedAt(): Millis {
    return this.#link.intake.lastBytesAt;
  }

  /** The client knows ReconnectRequest (capsEx bit 0). */
  get canReconnect(): boolean {
    return ((this.#connected?.capabilities.capsEx ?? 0) & CapsEx.reconnect) !== 0;
  }

  poll(): SessionOutput<ServerEvent> | undefined {
    return this.#link.out.take();
  }

  handle(input: SessionInput<ServerCommand>): void {
    this.#link.out.begin();
    this.#now = input.now;
    if (this.#state.name === 'closed') return;
    switch (input.type) {
      case 'bytes':
        this.#onBytes(input.bytes);
        return;
      case 'tick':
        this.#onTick();
        return;
      case 'command':
        this.#onCommand(input.command);
        return;
      default:
        assertNever(input, 'session input');
        return;
    }
  }

  deadline(): Deadline | null {
    return stateDeadline(this.#state, this.#since, this.#timeouts, this.#held ? null : this.#link.intake.deadline(this.#timeouts));
  }

  // Inputs

  #onBytes(bytes: Uint8Array): void {
    if (this.#state.name === 'closing') return;
    const received = this.#link.receive(bytes, this.#now);
    if (!received.ok) {
      this.#close(false, received.error.code, received.error.message);
      return;
    }
    if (received.value.handshaken) {
      this.#enter({ name: 'connect' });
      this.#link.intake.restart();
    }
    this.#drain();
    if (this.state !== 'closed') this.#link.acknowledge();
  }

  #drain(): void {
    const { reader, intake } = this.#link;
    for (;;) {
      const { name } = this.#state;
      if (name === 'closing' || name === 'closed') return;
      if (name !== 'publishing') {
        const excess = intake.excess(name, reader.unread);
        if (excess !== undefined) {
          this.#close(false, excess.code, excess.message);
          return;
        }
        if (name === 'authorizing') {
          reader.keep();
          return;
        }
      }
      const message = reader.next();
      if (intake.tooManyChunks(reader.chunks, this.#now)) {
        this.#close(false, 'chunk_rate', 'The client sends too many chunks a second.');
        return;
      }
      if (message === undefined) break;
      intake.message(this.#now);
      this.#onMessage(message);
    }
    const { error } = reader;
    if (error !== undefined) this.#close(false, error.code, `The chunk stream is broken: ${error.message}.`);
  }

  #onTick(): void {
    const due = this.deadline();
    if (due === null || this.#now < due.at) return;
    if (this.#state.name === 'closing') {
      this.#link.out.close(this.#leave(this.#state.reason));
      return;
    }
    if (due.reason === 'ping') {
      this.#link.intake.pinged(this.#now);
      this.#send(reply.pingRequest(Math.trunc(this.#now)));
      return;
    }
    if (this.#farewell && this.#state.name === 'ready') {
      this.#link.out.close(this.#leave(FAREWELL));
      return;
    }
    if (this.#state.name === 'authorizing') {
      this.#send(reply.onStatus(this.#state.msid, 'error', 'NetStream.Publish.Denied', 'The server did not decide in time; try again.'));
      this.#linger({ clean: false, code: due.reason, message: 'The server did not decide about the publish in time.' });
      return;
    }
    this.#close(false, due.reason, `The deadline passed (${due.reason.replaceAll('_', ' ')}).`);
  }

  #onCommand(command: ServerCommand): void {
    switch (command.type) {
      case 'accept':
        this.#accept();
        return;
      case 'refuse':
        this.#refuse(command.error);
        return;
      case 'requestReconnect': {
        if (!this.canReconnect) return;
        const status = reconnectStatus(command.tcUrl, command.description);
        this.#send(writeCommand({ name: 'onStatus', transactionId: 0, args: [null, status] }));
        return;
      }
      case 'hold':
        this.#held = true;
        return;
      case 'release':
        this.#held = false;
        this.#link.intake.resume(this.#now);
        return;
      case 'disconnected':
        this.#disconnected();
        return;
      default:
        assertNever(command, 'server command');
        return;
    }
  }

  #disconnected(): void {
    if (this.#state.name === 'closing') this.#link.out.close(this.#leave(this.#state.reason));
    else if (this.#farewell) this.#link.out.close(this.#leave(FAREWELL));
    else this.#close(false, 'disconnected', `The connection ended (${this.#state.name}).`);
  }

  #accept(): void {
    if (this.#state.name !== 'authorizing') return;
    const { msid } = this.#state;
    this.#enter({ name: 'publishing', msid, media: new PublishMedia() });
    this.#link.intake.resume(this.#now);
    this.#farewell = false;
    for (const message of reply.publishStart(msid, this.#fcPublish)) this.#send(message);
    this.#drain();
  }

  /** Says why in the terms of the moment: before connect it waits for connect, later it is a status on the stream. */
  #refuse(error: AppError): void {
    const code = error.definition.rtmp ?? 'NetStream.Publish.Denied';
    const { name } = this.#state;
    if (name === 'handshake' || name === 'connect') {
      this.#refusal = error;
      return;
    }
    if (name === 'authorizing' || name === 'publishing') this.#send(reply.onStatus(this.#state.msid, 'error', code, error.message));
    this.#linger({ clean: false, code: error.code, message: error.definition.title });
  }

  // Messages

  #onMessage(message: RtmpMessage): void {
    if (isMedia(message.type)) {
      this.#onMedia(message);
      return;
    }
    switch (message.type) {
      case MessageType.commandAmf0:
      case MessageType.commandAmf3:
        this.#onCommandMessage(message);
        return;
      case MessageType.acknowledgement:
      case MessageType.userControl:
      case MessageType.windowAckSize:
      case MessageType.setPeerBandwidth:
        this.#onControl(message);
        return;
      default:
        return; // chunk size and abort: done by the reader; shared objects and unknown types: ignored
    }
  }

  #onControl(message: RtmpMessage): void {
    const control = this.#wire(parseControl(message));
    if (control === undefined) return;
    if (control.type === 'windowAckSize') this.#link.intake.window(control.size);
    else if (control.type === 'userControl' && control.event === UserControlEvent.pingRequest)
      this.#send(reply.pingResponse(control.value));
  }

  #onMedia(message: RtmpMessage): void {
    const state = this.#state;
    // Some encoders put media on message stream 0; with one publish per connection there is no doubt what is meant.
    if (state.name !== 'publishing' || (message.msid !== state.msid && message.msid !== 0)) {
      this.#strays += 1;
      if (this.#strays > MAX_STRAY_MEDIA) this.#close(false, 'stray_media', 'The client sends media outside a publish.');
      return;
    }
    const events = this.#wire(state.media.read(message, this.#now));
    for (const event of events ?? []) this.#link.out.event(event);
  }

  #onCommandMessage(message: RtmpMessage): void {
    const command = this.#wire(parseCommand(message));
    if (command === undefined) return;
    this.#commands += 1;
    if (this.#state.name !== 'publishing' && this.#commands > MAX_PRE_PUBLISH_COMMANDS) {
      this.#close(false, 'pre_publish_commands', 'The client sends commands without publishing.');
      return;
    }
    if (this.#state.name === 'connect') {
      if (command.name === 'connect') this.#onConnect(command);
      return;
    }
    this.#call(command, message.msid);
  }

  #onConnect({ transactionId, args: [object] }: Command): void {
    const fields = object !== undefined && isAmfObject(object) ? object : new Map<string, AmfValue>();
    const app = stringProperty(fields, 'app') ?? '';
    const tcUrl = stringProperty(fields, 'tcUrl') ?? stringProperty(fields, 'tcurl') ?? '';
    const known = checkApplication(this.#config.application, app, tcUrl);
    const refusal = this.#refusal ?? (known.ok ? undefined : known.error);
    if (refusal !== undefined) {
      this.#send(reply.connectError(transactionId, refusal.definition.rtmp ?? 'NetConnection.Connect.Rejected', refusal.message));
      this.#linger({ clean: false, code: refusal.code, message: refusal.definition.title });
      return;
    }
    this.#connected = { app, tcUrl, capabilities: clientCapabilities(fields) };
    this.#enter({ name: 'ready' });
    for (const message of reply.connectReplies(transactionId)) this.#send(message);
  }

  #call(command: Command, msid: number): void {
    const { transactionId } = command;
    switch (command.name) {
      case 'releaseStream':
      case 'FCPublish':
        this.#fcPublish ||= command.name === 'FCPublish';
        this.#send(reply.result(transactionId, undefined));
        return;
      case 'createStream':
        this.#createStream(transactionId);
        return;
      case 'publish':
        this.#onPublish(command, msid);
        return;
      case 'FCUnpublish':
        this.#unpublish(true);
        return;
      case 'deleteStream':
      case 'closeStream':
        this.#unpublish(false);
        return;
      case '_checkbw':
        this.#send(reply.emptyResult(transactionId));
        return;
      case 'getStreamLength':
        this.#send(reply.result(transactionId, 0));
        return;
      case 'play':
      case 'play2':
        this.#send(reply.onStatus(msid, 'error', 'NetStream.Play.Failed', 'This server takes streams by RTMP; it plays them over HTTP.'));
        this.#linger({ clean: false, code: 'play_unsupported', message: 'The client asked to play.' });
        return;
      default:
        return; // an unexpected _error would end FFmpeg; silence ends nobody
    }
  }

  #createStream(transactionId: number): void {
    if (this.#streams >= MAX_MESSAGE_STREAMS) {
      this.#send(reply.callFailed(transactionId, 'Too many streams on one connection.'));
      return;
    }
    this.#streams += 1;
    this.#send(reply.result(transactionId, this.#streams));
  }

  #onPublish({ args: [, name] }: Command, on: number): void {
    // GStreamer never sees a status on stream 0; a client that skips createStream means the first one.
    const msid = on === 0 ? Math.max(this.#streams, 1) : on;
    if (this.#state.name !== 'ready' || this.#connected === undefined) {
      this.#send(reply.onStatus(msid, 'error', 'NetStream.Publish.BadName', 'This connection is already publishing.'));
      return;
    }
    const { app, tcUrl, capabilities } = this.#connected;
    const target = publishTarget(this.#config.application, app, tcUrl, typeof name === 'string' ? name : '');
    this.#enter({ name: 'authorizing', msid });
    if (!target.ok) {
      this.#refuse(target.error);
      return;
    }
    this.#link.out.event({ type: 'publish', intent: { ...target.value, tcUrl, client: capabilities } });
  }

  #unpublish(answer: boolean): void {
    if (this.#state.name !== 'publishing') return;
    const { msid } = this.#state;
    this.#farewell = true;
    this.#enter({ name: 'ready' });
    this.#commands = 0;
    this.#strays = 0;
    this.#link.intake.restart();
    if (answer) this.#send(reply.onStatus(msid, 'status', 'NetStream.Unpublish.Success', 'The stream has ended.'));
    this.#link.out.event({ type: 'unpublish' });
  }

  // Ends

  #wire<T>(parsed: Result<T, { readonly code: string; readonly message: string }>): T | undefined {
    if (parsed.ok) return parsed.value;
    this.#close(false, parsed.error.code, `A message cannot be read: ${parsed.error.message}.`);
    return undefined;
  }

  #send(message: RtmpMessage): void {
    this.#link.send(message);
  }

  #enter(state: ServerState): void {
    this.#state = state;
    this.#since = this.#now;
  }

  #linger(reason: CloseReason): void {
    this.#enter({ name: 'closing', reason });
  }

  #leave(reason: CloseReason): CloseReason {
    this.#enter({ name: 'closed' });
    return reason;
  }

  #close(clean: boolean, code: string, message: string): void {
    if (this.#state.name !== 'closed') this.#link.out.close(this.#leave({ clean, code, message }));
  }
}
