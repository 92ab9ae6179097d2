// The life of a stream in virtual time: reconnect window, stop, reservations, restart, a failing store, and who hears of it in which order.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wallMs } from '@headend/core';
import { makeControl, WINDOW_MS } from './control.fixture.ts';
import { MAX_WARNINGS } from './health.ts';
import { settle } from './virtual-clock.fixture.ts';

const opened = <T>(result: { ok: true; value: T } | { ok: false; error: Error }): T => {
  if (!result.ok) throw result.error;
  return result.value;
};
const codeOf = (result: { ok: true } | { ok: false; error: { code: string } }): string => (result.ok ? 'ok' : result.error.code);
const LEFT = { clean: true, code: 'closed' };

describe('a stream', () => {
  it('starts, goes live, waits for its publisher, resumes as the same stream, and ends when the window has passed', async (t) => {
    const { control, clock, store, told } = await makeControl(t);
    const { gate, streams } = control;
    const first = opened(await gate.open('main', 'rtmp'));
    assert.equal(first.resumed, false);
    assert.equal(first.policy.maxWidth, 3840);
    gate.live(first.streamId);
    gate.live(first.streamId);
    gate.closed(first.streamId, first.sessionId, LEFT);
    assert.equal(streams.get(first.streamId)?.state, 'live');
    await clock.advance(WINDOW_MS - 1);
    const second = opened(await gate.open('main', 'rtmp'));
    assert.deepEqual([second.streamId, second.resumed], [first.streamId, true]);
    assert.notEqual(second.sessionId, first.sessionId);
    await clock.advance(10 * WINDOW_MS);
    assert.equal(streams.get(first.streamId)?.state, 'live');
    const leftAt = clock.now();
    gate.closed(second.streamId, second.sessionId, { clean: false, code: 'connection_lost' });
    await clock.advance(WINDOW_MS);
    assert.equal(streams.get(first.streamId), undefined);
    const kept = await streams.find(first.streamId);
    assert.deepEqual([kept?.state, kept?.endReason, kept?.endedAt], ['ended', 'publisher_gone', leftAt]);
    assert.equal(store.sessions.get(second.sessionId)?.endCode, 'connection_lost');
    assert.deepEqual(told, [
      'starting',
      'stream.starting',
      'live',
      'stream.live',
      'interrupted',
      'resumed',
      'interrupted',
      'ended publisher_gone',
      'stream.ended',
    ]);
    const third = opened(await gate.open('main', 'rtmp'));
    assert.notEqual(third.streamId, first.streamId);
    await control.close();
  });

  it('is one per channel: a second publisher is refused while the first is connected', async (t) => {
    const { control } = await makeControl(t);
    const both = await Promise.all([control.gate.open('main', 'rtmp'), control.gate.open('main', 'rtmp')]);
    assert.deepEqual(both.map(codeOf), ['ok', 'publisher_active']);
    assert.equal(codeOf(await control.gate.open('nowhere', 'rtmp')), 'channel_unknown');
    await control.close();
  });

  it('does not mind the late goodbye of a session that was replaced', async (t) => {
    const { control, store } = await makeControl(t);
    const first = opened(await control.gate.open('main', 'rtmp'));
    control.gate.live(first.streamId);
    control.gate.closed(first.streamId, first.sessionId, LEFT);
    const second = opened(await control.gate.open('main', 'rtmp'));
    control.gate.closed(first.streamId, first.sessionId, { clean: false, code: 'timeout' });
    assert.equal(control.streams.get(first.streamId)?.sessionId, second.sessionId);
    await control.close();
    assert.equal(store.sessions.get(second.sessionId)?.endCode, null);
    assert.equal(store.sessions.get(first.sessionId)?.endCode, 'closed');
  });

  it('is stopped through the API: the publisher is asked to go, then it has ended', async (t) => {
    const { control, told, store, clock } = await makeControl(t);
    const grant = opened(await control.gate.open('main', 'rtmp'));
    control.gate.live(grant.streamId);
    const stopped = opened(await control.streams.stop(grant.streamId));
    assert.deepEqual([stopped.state, stopped.endReason], ['ended', 'stopped']);
    assert.deepEqual(told.slice(-3), ['stop requested', 'ended stopped', 'stream.ended']);
    assert.equal((await store.streams.find(grant.streamId))?.state, 'ended');
    assert.equal(store.sessions.get(grant.sessionId)?.endCode, 'stream_stopped');
    control.gate.closed(grant.streamId, grant.sessionId, LEFT);
    await clock.advance(2 * WINDOW_MS);
    assert.equal(opened(await control.streams.stop(grant.streamId)).state, 'ended');
    assert.equal(codeOf(await control.streams.stop('st_none')), 'stream_unknown');
    await control.close();
  });

  it('ends at once when the window is zero', async (t) => {
    const { control, clock } = await makeControl(t, { windowMs: 0 });
    const grant = opened(await control.gate.open('main', 'rtmp'));
    control.gate.closed(grant.streamId, grant.sessionId, LEFT);
    await clock.advance(0);
    assert.equal(control.streams.get(grant.streamId), undefined);
    await control.close();
  });

  it('survives a listener that throws', async (t) => {
    const { control, told } = await makeControl(t);
    control.streams.on({ streamLive: () => assert.fail('listener') });
    const grant = opened(await control.gate.open('main', 'rtmp'));
    control.gate.live(grant.streamId);
    assert.ok(told.includes('live'));
    await control.close();
  });
});

describe('a reservation', () => {
  it('is what the next publish attaches to, under the promised ids', async (t) => {
    const { control, told } = await makeControl(t);
    const reserved = opened(await control.streams.reserve('main'));
    assert.deepEqual(opened(await control.streams.reserve('main')), reserved);
    const grant = opened(await control.gate.open('main', 'rtmp'));
    assert.deepEqual([grant.streamId, grant.sessionId, grant.resumed], [reserved.streamId, reserved.sessionId, false]);
    assert.equal(codeOf(await control.streams.reserve('main')), 'publisher_active');
    assert.deepEqual(told, ['starting', 'stream.starting']);
    await control.close();
  });

  it('lapses when nobody publishes', async (t) => {
    const { control, clock, told } = await makeControl(t);
    const reserved = opened(await control.streams.reserve('main'));
    await clock.advance(WINDOW_MS);
    assert.equal((await control.streams.find(reserved.streamId))?.endReason, 'never_published');
    assert.deepEqual(told.slice(-2), ['ended never_published', 'stream.ended']);
    await control.close();
  });

  it('of an interrupted stream is that stream', async (t) => {
    const { control } = await makeControl(t);
    const grant = opened(await control.gate.open('main', 'rtmp'));
    control.gate.closed(grant.streamId, grant.sessionId, LEFT);
    const reserved = opened(await control.streams.reserve('main'));
    assert.deepEqual([reserved.streamId, reserved.resumed], [grant.streamId, true]);
    assert.equal(opened(await control.gate.open('main', 'rtmp')).sessionId, reserved.sessionId);
    await control.close();
  });
});

describe('a restart', () => {
  it('gives a stream what remains of its window, and resumes it', async (t) => {
    const before = await makeControl(t);
    const grant = opened(await before.control.gate.open('main', 'rtmp'));
    before.control.gate.live(grant.streamId);
    await before.clock.advance(60_000);
    // No close: the process was killed. The heartbeat was at most five seconds ago.
    await before.clock.advance(12_000);
    const { store, folder, clock } = before;
    const killedAt = clock.now();
    const after = await makeControl(t, { store, folder, clock });
    const info = after.control.streams.get(grant.streamId);
    assert.equal(info?.state, 'live');
    assert.ok(info.resumeUntil !== null && info.resumeUntil > killedAt + WINDOW_MS - 5_001 && info.resumeUntil <= killedAt + WINDOW_MS);
    const resumed = opened(await after.control.gate.open('main', 'rtmp'));
    assert.deepEqual([resumed.streamId, resumed.resumed], [grant.streamId, true]);
    assert.equal(after.control.streams.get(grant.streamId)?.state, 'live');
    await after.control.close();
  });

  it('ends a stream whose window passed while the server was down, at the time its publisher was last seen', async (t) => {
    const before = await makeControl(t);
    const grant = opened(await before.control.gate.open('main', 'rtmp'));
    before.control.gate.live(grant.streamId);
    const seenAt = before.clock.now();
    await before.control.close();
    const { store, folder, clock } = before;
    await clock.advance(3_600_000);
    const after = await makeControl(t, { store, folder, clock });
    await clock.advance(0);
    const info = await after.control.streams.find(grant.streamId);
    assert.deepEqual([info?.state, info?.endReason, info?.endedAt], ['ended', 'publisher_gone', seenAt]);
    assert.deepEqual(after.told, ['ended publisher_gone', 'stream.ended']);
    await after.control.close();
  });
});

describe('a store that fails', () => {
  it('refuses a new publish and forgets it, so that the next one succeeds', async (t) => {
    const { control, store, told } = await makeControl(t);
    store.failing = true;
    assert.equal(codeOf(await control.gate.open('main', 'rtmp')), 'unavailable');
    assert.deepEqual(control.streams.current(), []);
    store.failing = false;
    assert.equal(codeOf(await control.gate.open('main', 'rtmp')), 'ok');
    assert.deepEqual(told, ['starting', 'stream.starting']);
    await control.close();
  });

  it('that took a stream without saying so does not block the channel', async (t) => {
    const { control, store } = await makeControl(t);
    store.mute = true;
    assert.equal(codeOf(await control.gate.open('main', 'rtmp')), 'unavailable');
    assert.equal(codeOf(await control.gate.open('main', 'rtmp')), 'unavailable');
    store.mute = false;
    const grant = opened(await control.gate.open('main', 'rtmp'));
    assert.deepEqual(
      (await store.streams.list({ states: ['starting', 'live'], limit: 9 })).map(({ id }) => id),
      [grant.streamId],
    );
    await control.close();
  });

  it('does not stop a running stream, and catches up with its latest state', async (t) => {
    const { control, store, clock } = await makeControl(t);
    const grant = opened(await control.gate.open('main', 'rtmp'));
    store.failing = true;
    control.gate.live(grant.streamId);
    await settle();
    assert.equal((await control.streams.stop(grant.streamId)).ok, true);
    store.failing = false;
    await clock.advance(2_000);
    assert.deepEqual(
      [(await store.streams.find(grant.streamId))?.state, (await store.streams.find(grant.streamId))?.liveAt !== null],
      ['ended', true],
    );
    assert.equal(codeOf(await control.gate.open('main', 'rtmp')), 'ok');
    await control.close();
  });

  it('keeps a stream resumable when the resume could not be written', async (t) => {
    const { control, store, clock } = await makeControl(t);
    const grant = opened(await control.gate.open('main', 'rtmp'));
    control.gate.live(grant.streamId);
    await settle();
    control.gate.closed(grant.streamId, grant.sessionId, LEFT);
    await settle();
    store.failing = true;
    assert.equal(codeOf(await control.gate.open('main', 'rtmp')), 'unavailable');
    store.failing = false;
    await clock.advance(2_000);
    assert.equal(opened(await control.gate.open('main', 'rtmp')).streamId, grant.streamId);
    await control.close();
  });
});

describe('health', () => {
  it('keeps the latest text per code, announces news, and is bounded', async (t) => {
    const { control, clock, told } = await makeControl(t);
    const { gate, streams } = control;
    const { streamId } = opened(await gate.open('main', 'rtmp'));
    told.length = 0;
    const since = clock.now();
    for (let i = 0; i < 100; i++) gate.health(streamId, { code: 'bitrate', message: `${i} Mb/s` });
    assert.deepEqual(told, ['stream.health']);
    await clock.advance(1_000);
    gate.health(streamId, { code: 'bitrate', message: 'x'.repeat(5_000) });
    assert.deepEqual(told, ['stream.health', 'stream.health']);
    const [warning] = streams.get(streamId)?.health ?? [];
    assert.deepEqual([warning?.since, warning?.at, warning?.message.length], [since, wallMs(since + 1_000), 500]);
    for (let i = 0; i < 100; i++) gate.health(streamId, { code: `code${i}`, message: '' });
    assert.equal(streams.get(streamId)?.health.length, MAX_WARNINGS);
    gate.health('st_none', { code: 'x', message: '' });
    await control.close();
  });
});
