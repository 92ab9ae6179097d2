// Our publisher to our listener over real sockets: the whole driver contract, without a foreign client.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { AppError, millis } from '@headend/core';
import { connectRtmp, listenRtmp, RtmpPublishError } from './index.ts';
import { selfSignedCertificate } from './testing/certificate.ts';
import { Recorder, startListener } from './testing/recording-listener.ts';

const KEY = 'live_main_1_secret';
const keyFrame = Uint8Array.of(0x17, 1, 0, 0, 0, 1, 2, 3);
const silence = Uint8Array.of(0xaf, 1, 9, 9);

const urlOf = (listener: { readonly address: { readonly port: number } }, scheme = 'rtmp'): string =>
  `${scheme}://127.0.0.1:${listener.address.port}/live`;

describe('publishing over loopback', () => {
  it('carries metadata, audio and video, and ends clean', async () => {
    await using fixture = await startListener();
    const publisher = await connectRtmp({ url: urlOf(fixture.listener), streamKey: `${KEY}?token=a%20b` });
    publisher.sendMetadata({ width: 640, encoder: 'test' });
    publisher.sendVideo(5000, keyFrame);
    publisher.sendAudio(5010, silence);
    publisher.sendVideo(5040, new Uint8Array(300_000).fill(0x27));
    await publisher.close();
    const session = await fixture.session(0);
    await session.closed;
    assert.equal(session.request.streamKey, KEY);
    assert.equal(session.request.query.get('token'), 'a b');
    assert.equal(session.request.secure, false);
    assert.equal(session.request.client.capsEx & 1, 1);
    assert.equal(session.metadata[0]?.get('width'), 640);
    assert.deepEqual(
      session.media.map((message) => [message.kind, message.timestampMs, message.body.length]),
      [
        ['video', 0, keyFrame.length],
        ['audio', 10, silence.length],
        ['video', 40, 300_000],
      ],
    );
    assert.deepEqual(session.media[0]?.body, keyFrame);
    assert.equal((await session.closed).clean, true);
    assert.equal((await publisher.closed).clean, true);
  });

  it('tells a refused publisher the status and the words, and never logs the key', async () => {
    await using fixture = await startListener({ refuse: new AppError('key_invalid', `No such key: ${'x'.repeat(8)}.`) });
    await assert.rejects(connectRtmp({ url: `${urlOf(fixture.listener)}/${KEY}` }), (error) => {
      assert.ok(error instanceof RtmpPublishError);
      assert.equal(error.code, 'NetStream.Publish.Denied');
      assert.match(error.message, /No such key/);
      return true;
    });
    const end = await fixture.end(0);
    assert.equal(end.code, 'key_invalid');
    assert.ok(!JSON.stringify(end).includes(KEY));
  });

  it('answers an unknown application at connect', async () => {
    await using fixture = await startListener();
    const url = `rtmp://127.0.0.1:${fixture.listener.address.port}/vod`;
    await assert.rejects(connectRtmp({ url, streamKey: KEY }), { code: 'NetConnection.Connect.InvalidApp' });
    assert.equal((await fixture.end(0)).code, 'app_unknown');
  });

  it('tells a client that is not admitted, at connect', async () => {
    await using fixture = await startListener({ admit: () => new AppError('server_full') });
    await assert.rejects(connectRtmp({ url: urlOf(fixture.listener), streamKey: KEY }), { code: 'NetConnection.Connect.Rejected' });
  });

  it('ends a running publish with a status when the control refuses', async () => {
    await using fixture = await startListener();
    const publisher = await connectRtmp({ url: urlOf(fixture.listener), streamKey: KEY });
    const session = await fixture.session(0);
    session.control.refuse(new AppError('policy_bitrate'));
    assert.equal((await publisher.closed).code, 'NetStream.Publish.Denied');
    assert.equal((await session.closed).code, 'policy_bitrate');
    assert.equal(session.control.requestReconnect(), false);
  });

  it('asks a client that can to reconnect, which then still publishes', async () => {
    await using fixture = await startListener();
    const publisher = await connectRtmp({ url: urlOf(fixture.listener), streamKey: KEY });
    const asked = Promise.withResolvers<string | undefined>();
    publisher.onReconnectRequest((request) => asked.resolve(request.tcUrl));
    const session = await fixture.session(0);
    assert.equal(session.control.requestReconnect('rtmp://other.example/live', 'Maintenance.'), true);
    assert.equal(await asked.promise, 'rtmp://other.example/live');
    publisher.sendVideo(0, keyFrame);
    await publisher.close();
    assert.equal((await session.closed).clean, true);
    assert.equal(session.media.length, 1);
  });

  it('says so when the encoder is gone without a goodbye', async () => {
    await using fixture = await startListener();
    const controller = new AbortController();
    const publisher = await connectRtmp({ url: urlOf(fixture.listener), streamKey: KEY, signal: controller.signal });
    const session = await fixture.session(0);
    controller.abort();
    assert.equal((await session.closed).clean, false);
    assert.equal((await publisher.closed).code, 'aborted');
  });

  it('slows the encoder down while paused, and loses nothing', async () => {
    await using fixture = await startListener();
    const publisher = await connectRtmp({ url: urlOf(fixture.listener), streamKey: KEY });
    const session = await fixture.session(0);
    session.control.pause();
    const frame = new Uint8Array(256 * 1024).fill(0x27);
    let sent = 0;
    while (sent < 200 && publisher.sendVideo(sent * 40, frame)) sent += 1;
    sent += 1;
    assert.ok(sent < 200, 'the socket buffers end somewhere');
    assert.equal(session.media.length, 0);
    session.control.resume();
    await publisher.drained();
    await publisher.close();
    await session.closed;
    assert.equal(session.media.length, sent);
  });

  it('keeps the process when a publisher throws, and counts it', async () => {
    await using fixture = await startListener({ throwOnMedia: true });
    const publisher = await connectRtmp({ url: urlOf(fixture.listener), streamKey: KEY });
    publisher.sendVideo(0, keyFrame);
    assert.equal((await publisher.closed).clean, false);
    assert.equal((await fixture.end(0)).code, 'internal');
    assert.equal(fixture.listener.faults, 1);
    const next = await connectRtmp({ url: urlOf(fixture.listener), streamKey: KEY });
    await next.close();
  });
});

describe('the listener', () => {
  const plain = async (port: number): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };

  it('closes a client that sends no handshake in time', async () => {
    await using fixture = await startListener({ timeouts: { handshakeMs: millis(30) } });
    const socket = await plain(fixture.listener.address.port);
    socket.resume();
    await once(socket, 'close');
    assert.equal((await fixture.end(0)).code, 'handshake_timeout');
  });

  it('closes garbage at once', async () => {
    await using fixture = await startListener();
    const socket = await plain(fixture.listener.address.port);
    socket.resume();
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await once(socket, 'close');
    assert.equal((await fixture.end(0)).code, 'handshake_version');
  });

  it('takes no more connections than its limit', async () => {
    await using fixture = await startListener({ maxConnections: 1 });
    const first = await connectRtmp({ url: urlOf(fixture.listener), streamKey: KEY });
    assert.equal(fixture.listener.connections, 1);
    await assert.rejects(connectRtmp({ url: urlOf(fixture.listener), streamKey: KEY }));
    await first.close();
  });

  it('ends running publishes when it closes, twice without harm', async () => {
    const fixture = await startListener();
    const publisher = await connectRtmp({ url: urlOf(fixture.listener), streamKey: KEY });
    const session = await fixture.session(0);
    await Promise.all([fixture.listener.close(), fixture.listener.close()]);
    assert.equal((await session.closed).code, 'server_shutdown');
    assert.equal((await publisher.closed).clean, false);
    assert.equal(fixture.listener.connections, 0);
  });

  it('tells the publisher that came too late for its client', async () => {
    const gate = Promise.withResolvers<void>();
    const recorder = new Recorder();
    const asked = Promise.withResolvers<void>();
    const listener = await listenRtmp({
      host: '127.0.0.1',
      port: 0,
      onPublish: async () => {
        asked.resolve();
        await gate.promise;
        return recorder;
      },
    });
    const controller = new AbortController();
    const attempt = connectRtmp({ url: urlOf(listener), streamKey: KEY, signal: controller.signal });
    await asked.promise;
    controller.abort();
    await assert.rejects(attempt, { name: 'AbortError' });
    await listener.close();
    gate.resolve();
    assert.equal((await recorder.closedWith).clean, false);
  });
});

describe('RTMPS', async () => {
  const certificate = await selfSignedCertificate();
  const skip = certificate === undefined ? 'openssl is not installed' : false;

  it('carries a publish over TLS', { skip }, async () => {
    assert.ok(certificate !== undefined);
    await using fixture = await startListener({ tls: certificate });
    const tls = { ca: certificate.cert, servername: 'localhost' };
    const publisher = await connectRtmp({ url: urlOf(fixture.listener, 'rtmps'), streamKey: KEY, tls });
    publisher.sendVideo(0, keyFrame);
    await publisher.close();
    const session = await fixture.session(0);
    await session.closed;
    assert.equal(session.request.secure, true);
    assert.equal(session.media.length, 1);
  });

  it('tells TLS and plain RTMP apart on one port', { skip }, async () => {
    assert.ok(certificate !== undefined);
    await using fixture = await startListener({ tls: certificate, sniffTls: true });
    const tls = { ca: certificate.cert, servername: 'localhost' };
    const secure = await connectRtmp({ url: urlOf(fixture.listener, 'rtmps'), streamKey: KEY, tls });
    const open = await connectRtmp({ url: urlOf(fixture.listener), streamKey: KEY });
    await Promise.all([secure.close(), open.close()]);
    const sessions = await Promise.all([fixture.session(0), fixture.session(1)]);
    assert.deepEqual(sessions.map((session) => session.request.secure).sort(), [false, true]);
  });

  it('drops plain RTMP on a TLS port', { skip }, async () => {
    assert.ok(certificate !== undefined);
    await using fixture = await startListener({ tls: certificate });
    await assert.rejects(connectRtmp({ url: urlOf(fixture.listener), streamKey: KEY }));
  });
});
