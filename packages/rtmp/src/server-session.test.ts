// The server session in virtual time: the replies encoders need, refusals, budgets, deadlines, and bytes of every kind of ill will.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError, ByteWriter, InvariantError, millis } from '@headend/core';
import fc from 'fast-check';
import {
  defaultTimeouts,
  MAX_HELD_BYTES,
  MAX_MESSAGE_STREAMS,
  MAX_PRE_PUBLISH_BYTES,
  MAX_PRE_PUBLISH_COMMANDS,
  MAX_STRAY_MEDIA,
} from './limits.ts';
import { MessageType, UserControlEvent } from './message.ts';
import { setChunkSize, userControl, windowAckSize, writeMetadata } from './messages.ts';
import { ServerBench, testCrypto } from './node/testing/session-pair.ts';
import { WINDOW_BYTES } from './server-replies.ts';
import { ServerSession } from './server-session.ts';

const frame = Uint8Array.of(0x17, 1, 0, 0, 0, 9);

describe('connect', () => {
  it('answers in the order of the field, with the enhanced fields', () => {
    const bench = new ServerBench().connect();
    assert.deepEqual(
      bench.answers.map((message) => message.type),
      [MessageType.windowAckSize, MessageType.setPeerBandwidth, MessageType.setChunkSize, MessageType.userControl, MessageType.commandAmf0],
    );
    const [result] = bench.calls;
    assert.equal(result?.name, '_result');
    assert.equal(result?.transactionId, 1);
    const info = result?.args[1];
    assert.ok(info instanceof Map);
    assert.equal(info.get('code'), 'NetConnection.Connect.Success');
    assert.equal(info.get('objectEncoding'), 0);
    assert.equal(info.get('capsEx'), 15);
    assert.ok(info.get('fourCcList').includes('hvc1'));
  });

  it('refuses another application with InvalidApp, then closes', () => {
    const bench = new ServerBench().connect({ app: 'vod', tcUrl: 'rtmp://host/vod' });
    assert.deepEqual(bench.statuses, ['NetConnection.Connect.InvalidApp']);
    bench.tick(defaultTimeouts.lingerMs);
    assert.equal(bench.close()?.code, 'app_unknown');
  });

  it('tells a refusal that was decided before it', () => {
    const bench = new ServerBench().command({ type: 'refuse', error: new AppError('server_full') }).connect();
    assert.deepEqual(bench.statuses, ['NetConnection.Connect.Rejected']);
  });

  it('reads an AMF3 connect, quoted and lowercase tcurl', () => {
    const bench = new ServerBench().connect({ app: '"live"', tcurl: '"rtmp://host/live"' });
    assert.deepEqual(bench.statuses, ['NetConnection.Connect.Success']);
  });
});

describe('publish', () => {
  it('answers createStream exactly, and the status on the published stream', () => {
    const bench = new ServerBench().accepted();
    assert.deepEqual(bench.calls[1], { name: '_result', transactionId: 4, args: [null, 1] });
    const status = bench.answers.at(-1);
    assert.equal(status?.msid, 1);
    const call = bench.calls.at(-1);
    assert.equal(call?.name, 'onStatus');
    assert.equal(call?.args.length, 2);
    assert.equal(bench.statuses.at(-1), 'NetStream.Publish.Start');
  });

  it('never puts the status on stream 0', () => {
    const bench = new ServerBench().connect().call('publish', 5, [null, 'key', 'live'], 0).command({ type: 'accept' });
    assert.equal(bench.answers.at(-1)?.msid, 1);
  });

  it('asks the driver with everything it knows', () => {
    const bench = new ServerBench()
      .connect({
        app: 'live',
        tcUrl: 'rtmp://h/live',
        flashVer: 'X',
        capsEx: 5,
        fourCcList: ['hvc1', 'av01', 7],
        videoFourCcInfoMap: new Map([['vp09', 4]]),
      })
      .call('publish', 5, [null, 'key?a=b'], 1);
    const [event] = bench.events;
    assert.ok(event?.type === 'publish');
    assert.equal(event.intent.streamKey, 'key');
    assert.equal(event.intent.query.get('a'), 'b');
    assert.deepEqual(event.intent.client, { flashVer: 'X', fourCcs: ['hvc1', 'av01', 'vp09'], capsEx: 5 });
  });

  it('answers releaseStream, FCPublish, _checkbw and getStreamLength, and echoes FCPublish at the start', () => {
    const bench = new ServerBench()
      .connect()
      .call('releaseStream', 2, [null, 'key'])
      .call('FCPublish', 3, [null, 'key'])
      .call('_checkbw', 7, [null])
      .call('getStreamLength', 8, [null, 'key'])
      .call('somethingElse', 9, [null])
      .call('createStream', 4, [null])
      .call('publish', 5, [null, 'key', 'live'], 1)
      .command({ type: 'accept' });
    assert.deepEqual(
      bench.calls.map((call) => [call.name, call.transactionId]),
      [
        ['_result', 1],
        ['_result', 2],
        ['_result', 3],
        ['_result', 7],
        ['_result', 8],
        ['_result', 4],
        ['onFCPublish', 0],
        ['onStatus', 0],
      ],
    );
  });

  it('refuses with the status of the error, and closes after a moment', () => {
    const bench = new ServerBench().publish().command({ type: 'refuse', error: new AppError('publisher_active') });
    assert.equal(bench.statuses.at(-1), 'NetStream.Publish.BadName');
    assert.equal(bench.answers.at(-1)?.msid, 1);
    assert.equal(bench.close(), undefined);
    bench.tick(defaultTimeouts.lingerMs);
    assert.deepEqual([bench.close()?.code, bench.close()?.clean], ['publisher_active', false]);
  });

  it('refuses a key that is none, without asking', () => {
    const bench = new ServerBench().publish('../x');
    assert.equal(bench.statuses.at(-1), 'NetStream.Publish.Denied');
    assert.deepEqual(bench.events, []);
  });

  it('refuses a second publish on the connection and keeps the first', () => {
    const bench = new ServerBench().accepted().call('createStream', 6, [null]).call('publish', 7, [null, 'other'], 2);
    assert.equal(bench.statuses.at(-1), 'NetStream.Publish.BadName');
    assert.equal(bench.session.state, 'publishing');
  });

  it('answers play with an error', () => {
    const bench = new ServerBench().connect().call('createStream', 2, [null]).call('play', 3, [null, 'key'], 1);
    assert.equal(bench.statuses.at(-1), 'NetStream.Play.Failed');
    bench.tick(1000);
    assert.equal(bench.close()?.code, 'play_unsupported');
  });

  it('reads what was sent before the answer, after it', () => {
    const bench = new ServerBench().publish();
    bench.message(writeMetadata(new Map([['width', 1]]), 1, 4)).media(9, 0, frame);
    assert.equal(bench.events.length, 1);
    bench.command({ type: 'accept' });
    assert.deepEqual(
      bench.events.map((event) => event.type),
      ['publish', 'metadata', 'media'],
    );
  });

  it('ends clean by FCUnpublish, answers it, and may publish again', () => {
    const bench = new ServerBench()
      .accepted()
      .media(9, 90_000, frame)
      .call('FCUnpublish', 6, [null, 'key'])
      .call('deleteStream', 7, [null, 1]);
    assert.equal(bench.statuses.at(-1), 'NetStream.Unpublish.Success');
    assert.equal(bench.events.filter((event) => event.type === 'unpublish').length, 1);
    bench.call('createStream', 8, [null]).call('publish', 9, [null, 'key'], 2).command({ type: 'accept' }).media(9, 5000, frame, 2);
    const last = bench.events.at(-1);
    assert.ok(last?.type === 'media' && last.timestampMs === 0, 'a new publish has a new clock');
  });

  it('knows a goodbye from a lost connection', () => {
    const polite = new ServerBench().accepted().call('deleteStream', 7, [null, 1]).command({ type: 'disconnected' });
    assert.deepEqual([polite.close()?.clean, polite.close()?.code], [true, 'unpublished']);
    const rude = new ServerBench().accepted().command({ type: 'disconnected' });
    assert.deepEqual([rude.close()?.clean, rude.close()?.code], [false, 'disconnected']);
  });
});

describe('media', () => {
  it('takes sequence headers at the time of the stream, whatever time they claim', () => {
    const header = Uint8Array.of(0x17, 0, 0, 0, 0, 1);
    const bench = new ServerBench().accepted();
    bench
      .media(9, 0, header)
      .media(9, 7_200_000, frame)
      .media(8, 7_200_010, Uint8Array.of(0xaf, 1, 0))
      .media(9, 0, header)
      .media(9, 7_200_040, frame);
    const times = bench.events.flatMap((event) => (event.type === 'media' ? [[event.timestampMs, event.reanchored]] : []));
    assert.deepEqual(times, [
      [0, false],
      [0, false],
      [10, false],
      [0, false],
      [40, false],
    ]);
  });

  it('splits aggregates, and reads metadata with and without @setDataFrame', () => {
    const writer = new ByteWriter(64);
    for (const [type, at] of [
      [9, 100],
      [8, 110],
    ] as const)
      writer.u8(type).u24(6).u24(at).zeros(4).bytes(frame).u32(17);
    const bench = new ServerBench().accepted().media(MessageType.aggregate, 5000, writer.finish());
    assert.deepEqual(
      bench.events.flatMap((event) => (event.type === 'media' ? [[event.kind, event.timestampMs]] : [])),
      [
        ['video', 0],
        ['audio', 10],
      ],
    );
  });

  it('takes stream 0 for the published one; forgives a few messages elsewhere, not many', () => {
    const bench = new ServerBench().accepted().media(9, 0, frame, 0);
    assert.equal(bench.events.at(-1)?.type, 'media');
    for (let i = 0; i < MAX_STRAY_MEDIA; i++) bench.media(9, i, frame, 7);
    assert.equal(bench.close(), undefined);
    bench.media(9, 0, frame, 7);
    assert.equal(bench.close()?.code, 'stray_media');
  });

  it('keeps an empty audio message: it is silence', () => {
    const bench = new ServerBench().accepted().media(8, 5, new Uint8Array(0));
    const event = bench.events.at(-1);
    assert.ok(event?.type === 'media' && event.body.length === 0);
  });

  it('acknowledges every window, ours or the one the client asks for', () => {
    const bench = new ServerBench().accepted().message(setChunkSize(0xffffff));
    bench.media(9, 0, new Uint8Array(WINDOW_BYTES).fill(0x27));
    assert.equal(bench.answers.filter((message) => message.type === MessageType.acknowledgement).length, 1);
    bench.message(windowAckSize(1000));
    for (let i = 0; i < 4; i++) bench.media(9, i, new Uint8Array(600).fill(0x27));
    assert.equal(bench.answers.filter((message) => message.type === MessageType.acknowledgement).length, 3);
  });

  it('answers pings', () => {
    const bench = new ServerBench().accepted().message(userControl(UserControlEvent.pingRequest, 0xcafe));
    assert.deepEqual(bench.answers.at(-1)?.body, userControl(UserControlEvent.pingResponse, 0xcafe).body);
  });
});

describe('reconnect request', () => {
  it('goes only to a client that knows it', () => {
    const without = new ServerBench().accepted();
    assert.equal(without.session.canReconnect, false);
    const count = without.answers.length;
    without.command({ type: 'requestReconnect' });
    assert.equal(without.answers.length, count);
    const bench = new ServerBench().connect({ app: 'live', tcUrl: 'rtmp://h/live', capsEx: 1 }).call('publish', 2, [null, 'key'], 1);
    bench.command({ type: 'accept' }).command({ type: 'requestReconnect', tcUrl: '/live' });
    assert.equal(bench.statuses.at(-1), 'NetConnection.Connect.ReconnectRequest');
    assert.equal(bench.answers.at(-1)?.msid, 0);
  });
});

describe('deadlines', () => {
  const at = (bench: ServerBench): number => Number(bench.session.deadline()?.at);

  it('bound the handshake from its start, however it trickles', () => {
    const bench = new ServerBench();
    for (let second = 1; second < 10; second++) {
      bench.now = millis(second * 1000);
      bench.bytes(Uint8Array.of(3));
      assert.equal(at(bench), 10_000);
    }
    bench.tick(9999);
    assert.equal(bench.close(), undefined);
    bench.tick(10_000);
    assert.equal(bench.close()?.code, 'handshake_timeout');
  });

  it('bound connect, publish and our own decision', () => {
    assert.equal(new ServerBench().handshake().tick(10_000).close()?.code, 'connect_timeout');
    assert.equal(new ServerBench().connect().tick(10_000).close()?.code, 'publish_timeout');
    const undecided = new ServerBench().publish().tick(10_000);
    assert.equal(undecided.statuses.at(-1), 'NetStream.Publish.Denied');
    assert.equal(undecided.tick(11_000).close()?.code, 'authorize_timeout');
  });

  it('ping a silent publisher, then give it up', () => {
    const bench = new ServerBench().accepted();
    bench.tick(10_000);
    assert.equal(bench.answers.at(-1)?.type, MessageType.userControl);
    bench.tick(20_000);
    assert.equal(at(bench), 30_000);
    bench.tick(30_000);
    assert.equal(bench.close()?.code, 'idle_timeout');
  });

  it('give up a publisher that trickles bytes without completing a message', () => {
    const bench = new ServerBench().accepted().bytes(Uint8Array.of(0x04, 0, 0, 0, 0, 0xff, 0xff, 9, 1, 0, 0, 0));
    for (let second = 1; bench.close() === undefined && second < 100; second++) {
      bench.tick(second * 1000);
      if (bench.close() === undefined) bench.bytes(Uint8Array.of(0));
    }
    assert.equal(bench.close()?.code, 'stall_timeout');
    assert.equal(bench.now, defaultTimeouts.stallMs);
  });

  it('do not run while the driver holds the publisher back', () => {
    const bench = new ServerBench().accepted().command({ type: 'hold' });
    assert.equal(bench.session.deadline(), null);
    bench.tick(100_000).command({ type: 'release' });
    assert.equal(at(bench), 110_000);
    assert.equal(bench.close(), undefined);
  });

  it('are none after the end', () => {
    const bench = new ServerBench().bytes(Uint8Array.of(99));
    assert.equal(bench.close()?.code, 'handshake_version');
    assert.equal(bench.session.deadline(), null);
    bench.bytes(frame).tick(1).command({ type: 'accept' });
    assert.deepEqual(bench.events, []);
  });
});

describe('budgets', () => {
  it('allow so many commands before a publish, and any number during it', () => {
    const bench = new ServerBench().connect();
    for (let i = 1; i < MAX_PRE_PUBLISH_COMMANDS; i++) bench.call('x', i, [null]);
    assert.equal(bench.close(), undefined);
    assert.equal(bench.call('x', 99, [null]).close()?.code, 'pre_publish_commands');
    const publishing = new ServerBench().accepted();
    for (let i = 0; i < 2 * MAX_PRE_PUBLISH_COMMANDS; i++) publishing.call('x', i, [null]);
    assert.equal(publishing.close(), undefined);
  });

  it('allow so many bytes before a publish', () => {
    const bench = new ServerBench().connect().message(setChunkSize(60_000));
    bench.media(9, 0, new Uint8Array(MAX_PRE_PUBLISH_BYTES - 1000));
    assert.equal(bench.close(), undefined);
    assert.equal(bench.media(9, 0, new Uint8Array(2000)).close()?.code, 'pre_publish_bytes');
  });

  it('hold so much for a publish under decision', () => {
    const bench = new ServerBench().publish().bytes(new Uint8Array(MAX_HELD_BYTES));
    assert.equal(bench.close(), undefined);
    assert.equal(bench.bytes(new Uint8Array(1)).close()?.code, 'held_bytes');
  });

  it('hand out so many streams', () => {
    const bench = new ServerBench().connect();
    for (let i = 0; i <= MAX_MESSAGE_STREAMS; i++) bench.call('createStream', 10 + i, [null]);
    assert.equal(bench.calls.filter((call) => call.name === '_error').length, 1);
    assert.equal(bench.close(), undefined);
  });

  it('stop a flood of empty messages by its rate', () => {
    const bench = new ServerBench().accepted().media(8, 0, new Uint8Array(0));
    const flood = new Uint8Array(100_000).fill(0xc4);
    for (let i = 0; i < 3; i++) bench.bytes(flood);
    assert.equal(bench.close()?.code, 'chunk_rate');
    assert.ok(bench.events.length <= 250_002);
  });

  it('refuse a command, metadata or control message that declares too much', () => {
    for (const [type, length] of [
      [20, 0x10001],
      [17, 0x10001],
      [18, 0x100001],
      [5, 65],
    ] as const) {
      const bench = new ServerBench().accepted();
      bench.bytes(new ByteWriter(12).u8(0x05).u24(0).u24(length).u8(type).u32le(1).finish());
      assert.equal(bench.close()?.code, 'message_too_long', `type ${type}`);
    }
  });
});

describe('bad bytes', () => {
  it('in a command close with their code', () => {
    const nested = new ByteWriter(64);
    nested.u8(2).u16(1).ascii('x').u8(0).f64(0);
    for (let i = 0; i < 500; i++) nested.u8(10).u32(1);
    const bench = new ServerBench().accepted().message({ csid: 3, type: 20, timestamp: 0, msid: 0, body: nested.finish() });
    assert.equal(bench.close()?.code, 'amf_depth');
  });

  it('never throw, at any point of a session', () => {
    const start = fc.constantFrom<(bench: ServerBench) => ServerBench>(
      (bench) => bench,
      (bench) => bench.handshake(),
      (bench) => bench.connect(),
      (bench) => bench.publish(),
      (bench) => bench.accepted(),
    );
    const chunk = fc.tuple(fc.constantFrom(1, 2, 3, 4, 5, 6, 8, 9, 15, 17, 18, 20, 22), fc.uint8Array({ maxLength: 100 }));
    fc.assert(
      fc.property(start, fc.array(chunk, { maxLength: 5 }), fc.uint8Array({ maxLength: 200 }), (enter, chunks, tail) => {
        const bench = enter(new ServerBench());
        for (const [type, body] of chunks) {
          bench.bytes(new ByteWriter(16).u8(0x05).u24(0).u24(body.length).u8(type).u32le(1).bytes(body).finish());
        }
        bench
          .bytes(tail)
          .tick(bench.now + 60_000)
          .command({ type: 'disconnected' });
        assert.equal(bench.session.state, 'closed');
      }),
      { numRuns: 1500 },
    );
  });
});

describe('the contract', () => {
  it('is enforced: outputs are drained before the next input', () => {
    const session = new ServerSession({ application: 'live', crypto: testCrypto, now: millis(0) });
    session.handle({ type: 'bytes', now: millis(0), bytes: Uint8Array.of(99) });
    assert.throws(() => session.handle({ type: 'tick', now: millis(0) }), InvariantError);
  });
});
