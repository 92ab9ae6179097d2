// Bytes that are no RTMP, or RTMP that was made to hurt, against the real port: each connection ends by itself with a code that says why,
// an encoder that is live at the same time loses nothing, and after thousands of them the server holds no more memory than before.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ByteWriter } from '@headend/core';
import { amfObject, ChunkWriter, MessageType, writeAmf0 } from '@headend/rtmp';
import { eventually } from '../kit/eventually.ts';
import { assertConformant } from '../kit/follow.ts';
import { type Headend, startHeadend, temporaryFolder } from '../kit/headend.ts';
import { LiveViewer } from '../kit/live-viewer.ts';
import { makeClip, publishFile, SEAMLESS } from '../kit/media.ts';
import { memoryInUse, sessionEnds, settledMemory } from '../kit/metrics.ts';
import { missing } from '../kit/program.ts';
import { RawPeer } from '../kit/raw-peer.ts';
import { seededRandom } from '../kit/seed.ts';

const HANDSHAKE_BYTES = 1536;
/** S0, S1 and S2. */
const SERVER_HANDSHAKE_BYTES = 1 + 2 * HANDSHAKE_BYTES;

const concat = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);
const c0c1 = (): Uint8Array => concat(Uint8Array.of(3), new Uint8Array(HANDSHAKE_BYTES));
const c2 = (): Uint8Array => new Uint8Array(HANDSHAKE_BYTES);

/** Basic and message header of a chunk of type 0. */
const chunkHeader = (csid: number, type: number, length: number): Uint8Array =>
  Uint8Array.of(csid, 0, 0, 0, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff, type, 0, 0, 0, 0);

const command = (body: Uint8Array): Uint8Array =>
  new ChunkWriter().write({ csid: 3, type: MessageType.commandAmf0, timestamp: 0, msid: 0, body });

const amf = (write: (writer: ByteWriter) => void): Uint8Array => {
  const writer = new ByteWriter(256, 60_000);
  write(writer);
  return writer.finish();
};

const connectCommand = (app: string): Uint8Array =>
  command(
    amf((writer) => {
      writeAmf0(writer, 'connect');
      writeAmf0(writer, 1);
      writeAmf0(writer, amfObject({ app, tcUrl: `rtmp://localhost/${app}` }));
    }),
  );

/** Objects in objects, `levels` deep; each costs four bytes. */
const nested = (levels: number): Uint8Array =>
  concat(
    amf((writer) => {
      writeAmf0(writer, 'connect');
      writeAmf0(writer, 1);
    }),
    ...Array.from({ length: levels }, () => Uint8Array.of(0x03, 0x00, 0x01, 0x61)),
  );

const strictArrayOf = (declared: number): Uint8Array =>
  concat(
    amf((writer) => {
      writeAmf0(writer, 'connect');
      writeAmf0(writer, 1);
    }),
    Uint8Array.of(0x0a, declared >>> 24, (declared >> 16) & 0xff, (declared >> 8) & 0xff, declared & 0xff),
    new Uint8Array(20_000).fill(0x05),
  );

type Attack = {
  readonly name: string;
  /** One of these says why it ended. */
  readonly codes: readonly string[];
  readonly afterHandshake?: boolean;
  readonly bytes: () => readonly Uint8Array[];
  /** The peer leaves by itself once it has sent this. */
  readonly leaves?: boolean;
};

const attacks: readonly Attack[] = [
  { name: 'an HTTP request', codes: ['handshake_version'], bytes: () => [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')] },
  { name: 'a TLS hello on the plain port', codes: ['handshake_tls'], bytes: () => [Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3)] },
  { name: 'half a handshake, then goodbye', codes: ['disconnected'], bytes: () => [c0c1().subarray(0, 700)], leaves: true },
  { name: 'a handshake without an end', codes: ['disconnected'], bytes: () => [c0c1(), c2().subarray(0, 1000)], leaves: true },
  {
    name: 'a command that says it is 16 MiB',
    codes: ['message_too_long'],
    afterHandshake: true,
    bytes: () => [chunkHeader(3, 20, 0xffffff)],
  },
  {
    name: '60 messages of 16 MiB begun at once',
    codes: ['pre_publish_bytes', 'partial_bytes'],
    afterHandshake: true,
    bytes: () => [
      concat(chunkHeader(2, MessageType.setChunkSize, 4), Uint8Array.of(0, 0, 0x10, 0)),
      ...Array.from({ length: 60 }, (_, i) => concat(chunkHeader(i + 3, 9, 0xffffff), new Uint8Array(4096))),
    ],
  },
  {
    name: 'a chunk stream too many',
    codes: ['chunk_streams', 'partial_bytes'],
    afterHandshake: true,
    bytes: () =>
      Array.from({ length: 80 }, (_, i) => concat(Uint8Array.of(0, i), chunkHeader(0, 9, 1000).subarray(1), new Uint8Array(128))),
  },
  { name: 'chunk size zero', codes: ['chunk_size_zero'], afterHandshake: true, bytes: () => [chunkHeader(2, 1, 4), new Uint8Array(4)] },
  {
    name: 'a control message of a kilobyte',
    codes: ['message_too_long', 'control_length'],
    afterHandshake: true,
    bytes: () => [chunkHeader(2, 5, 1000)],
  },
  { name: 'a thousand objects in each other', codes: ['amf_depth'], afterHandshake: true, bytes: () => [command(nested(1000))] },
  {
    name: 'an array of four thousand million',
    codes: ['amf_elements', 'amf_values', 'amf_truncated'],
    afterHandshake: true,
    bytes: () => [command(strictArrayOf(0xffffffff))],
  },
  {
    name: 'a truncated command',
    codes: ['amf_truncated'],
    afterHandshake: true,
    bytes: () => [command(Uint8Array.of(0x02, 0xff, 0xff, 0x61))],
  },
  { name: 'a command without a name', codes: ['command_name'], afterHandshake: true, bytes: () => [command(Uint8Array.of(0x05))] },
  {
    name: 'a message on a chunk stream never opened',
    codes: ['chunk_fresh_stream'],
    afterHandshake: true,
    bytes: () => [Uint8Array.of(0xc5, 1, 2, 3)],
  },
  { name: 'an application that is not there', codes: ['app_unknown'], afterHandshake: true, bytes: () => [connectCommand('nowhere')] },
  {
    name: 'a megabyte without publishing',
    codes: ['pre_publish_bytes', 'stray_media'],
    afterHandshake: true,
    bytes: () => [connectCommand('live'), concat(chunkHeader(6, 9, 0xfffff), new Uint8Array(1_000_000))],
  },
];

const rtmpPort = (server: Headend): number => Number(new URL(server.bootstrap.urls.rtmp.replace('rtmp:', 'http:')).port);

/** Sends it all and waits until the server has ended the connection (or, for one that leaves, has taken note). */
const strike = async (t: TestContext, port: number, attack: Attack): Promise<void> => {
  const peer = await RawPeer.open(t, port);
  if (attack.afterHandshake === true) {
    peer.send(c0c1());
    await peer.got(SERVER_HANDSHAKE_BYTES);
    peer.send(c2());
  }
  for (const bytes of attack.bytes()) peer.send(bytes);
  if (attack.leaves === true) peer.socket.end();
  await peer.isCut(attack.name);
};

const endsSince = async (server: Headend, codes: readonly string[], before: ReadonlyMap<string, number>): Promise<number> => {
  const now = await sessionEnds(server);
  return codes.reduce((sum, code) => sum + (now.get(code) ?? 0) - (before.get(code) ?? 0), 0);
};

const CONNECTION_LIMIT = 64;
const RANDOM_SESSIONS = 3000;
const WARM_UP_SESSIONS = 300;
const AT_ONCE = 20;
/** What the live stream's own window may take meanwhile, and the noise of a heap. 3000 sessions that kept 20 kB each would pass it. */
const ROOM_MIB = 40;

test('bad bytes at the RTMP port end their own session only', { skip: missing('ffmpeg'), timeout: 150_000 }, async (t) => {
  const folder = await temporaryFolder(t, 'clip');
  const clip = await makeClip(t, folder, 'healthy', SEAMLESS);
  const server = await startHeadend(t, { env: { HEADEND_RTMP_MAX_CONNECTIONS: String(CONNECTION_LIMIT) } });
  const port = rtmpPort(server);
  const encoder = publishFile(t, clip, server.publishUrl, { loop: true });
  const { id } = await server.liveStream();
  const viewer = await LiveViewer.watch(t, server, id);
  await viewer.advances(1);

  for (const attack of attacks) {
    await t.test(`${attack.name} ends with ${attack.codes.join(' or ')}`, async (t) => {
      const before = await sessionEnds(server);
      await strike(t, port, attack);
      await eventually('the session is counted under its code', 5_000, async () => {
        const count = await endsSince(server, attack.codes, before);
        if (count !== 1) throw new Error(`counted ${count} times; all: ${JSON.stringify([...(await sessionEnds(server))])}`);
        return true;
      });
    });
  }

  await t.test('connections that say nothing use up their number, not the encoder that is live; then the port is free again', async (t) => {
    const idle = await Promise.all(Array.from({ length: CONNECTION_LIMIT - 1 }, () => RawPeer.open(t, port)));
    for (const peer of idle) peer.send(Uint8Array.of(3));
    const refused = await RawPeer.open(t, port);
    await refused.isCut('one connection too many');
    await viewer.advances(1);
    for (const peer of idle) peer.socket.destroy();
    await eventually('the port takes connections again', 10_000, async () => {
      const peer = await RawPeer.open(t, port);
      peer.send(c0c1());
      await peer.got(SERVER_HANDSHAKE_BYTES, 1_000);
      peer.socket.destroy();
      return true;
    });
  });

  await t.test('thousands of sessions of random bytes leave no memory behind', async (t) => {
    const random = seededRandom(t);
    const session = async (): Promise<void> => {
      const handshakes = random.next() < 0.7;
      const peer = await RawPeer.open(t, port);
      if (handshakes) peer.send(concat(c0c1(), c2()));
      peer.send(random.bytes(random.integer(2000)));
      peer.socket.end();
      await peer.isCut('random bytes');
    };
    const run = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, session));
    };
    await run(WARM_UP_SESSIONS);
    const before = await memoryInUse(server);
    await run(RANDOM_SESSIONS);
    const after = await settledMemory(server, before + ROOM_MIB);
    t.diagnostic(`${RANDOM_SESSIONS} sessions: ${before.toFixed(1)} MiB in use before, ${after.toFixed(1)} after`);
  });

  await viewer.advances(1);
  assert.ok(encoder.running, encoder.output);
  assertConformant(viewer.client);
  assert.deepEqual(viewer.failures, []);
  assert.ok(
    viewer.playlists.every(({ segments }) => segments.every(({ discontinuity }) => discontinuity !== true)),
    'nothing was lost',
  );
  assert.doesNotMatch(server.program.output, /by a bug of ours/);
});
