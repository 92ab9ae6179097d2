// What our own publisher and our server say to each other from the handshake to the goodbye: bytes for the session targets to start from.

import { millis } from '@headend/core';
import { amfObject, ClientSession, type RtmpMessage, type ServerCommand, ServerSession, type SessionOutput } from '@headend/rtmp';
import { testCrypto } from '../../packages/rtmp/src/node/testing/session-pair.ts';

export const HANDSHAKE_BYTES = 1 + 2 * 1536;
const NOW = millis(0);
const AVC_FRAME = Uint8Array.of(0x17, 1, 0, 0, 0, 0, 0, 0, 2, 0x65, 0x88);
const AAC_FRAME = Uint8Array.of(0xaf, 1, 0x21, 0x10);

export const newServer = (): ServerSession => new ServerSession({ application: 'live', crypto: testCrypto, now: NOW });
export const newClient = (): ClientSession =>
  new ClientSession({ app: 'live', tcUrl: 'rtmp://host/live', streamKey: 'key', crypto: testCrypto, now: NOW });

export const drained = <Event>(session: { poll(): SessionOutput<Event> | undefined }): readonly SessionOutput<Event>[] => {
  const outputs: SessionOutput<Event>[] = [];
  for (let output = session.poll(); output !== undefined; output = session.poll()) outputs.push(output);
  return outputs;
};

const sent = <Event>(outputs: readonly SessionOutput<Event>[]): readonly Uint8Array[] =>
  outputs.flatMap((output) => (output.type === 'send' ? [output.bytes] : []));

/** Everything that the session sends from here on, until neither side has anything to say. */
const converse = (client: ClientSession, server: ServerSession, toServer: Uint8Array[], toClient: Uint8Array[]): void => {
  const decide: ServerCommand = { type: 'accept' };
  for (let fresh = sent(drained(client)); fresh.length > 0; fresh = sent(drained(client))) {
    const bytes = new Uint8Array(Buffer.concat(fresh));
    toServer.push(bytes);
    server.handle({ type: 'bytes', now: NOW, bytes });
    const outputs = [...drained(server)];
    if (outputs.some((output) => output.type === 'event' && output.event.type === 'publish')) {
      server.handle({ type: 'command', now: NOW, command: decide });
      outputs.push(...drained(server));
    }
    const answer = new Uint8Array(Buffer.concat(sent(outputs)));
    toClient.push(answer);
    client.handle({ type: 'bytes', now: NOW, bytes: answer });
  }
};

export type Recording = { readonly toServer: Uint8Array; readonly toClient: Uint8Array };

export const recordPublish = (): Recording => {
  const [client, server] = [newClient(), newServer()];
  const toServer: Uint8Array[] = [];
  const toClient: Uint8Array[] = [];
  converse(client, server, toServer, toClient);
  const metadata = amfObject({ width: 1280, height: 720, framerate: 30, videocodecid: 7, encoder: 'recording' });
  client.handle({ type: 'command', now: NOW, command: { type: 'metadata', values: metadata } });
  converse(client, server, toServer, toClient);
  for (let i = 0; i < 4; i++) {
    const [type, body] = i % 2 === 0 ? (['video', AVC_FRAME] as const) : (['audio', AAC_FRAME] as const);
    client.handle({ type: 'command', now: NOW, command: { type, timestamp: i * 40, body } });
    converse(client, server, toServer, toClient);
  }
  client.handle({ type: 'command', now: NOW, command: { type: 'close' } });
  converse(client, server, toServer, toClient);
  return { toServer: new Uint8Array(Buffer.concat(toServer)), toClient: new Uint8Array(Buffer.concat(toClient)) };
};

/** A message as a few bytes: type, message stream, then its body; so that a mutation meets contents and not chunk headers. */
export const unpackMessage = (bytes: Uint8Array): RtmpMessage => ({
  csid: 3,
  type: bytes[0] ?? 0,
  timestamp: 0,
  msid: (bytes[1] ?? 0) & 3,
  body: bytes.subarray(2),
});

export const packMessage = (type: number, msid: number, body: Uint8Array): Uint8Array => Uint8Array.of(type, msid, ...body);
