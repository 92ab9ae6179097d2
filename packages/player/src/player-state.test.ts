// The player's state machine: what a viewer goes through, and late events that must change nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type PlayerEvent, type PlayerState, transition } from './player-state.ts';

const lost: PlayerEvent = { type: 'lost', code: 'level_load_error', attempt: 1, retryAt: 5_000 };

function run(...events: readonly PlayerEvent[]): PlayerState {
  return events.reduce<PlayerState>(transition, { kind: 'idle' });
}

test('a stream loads, plays, stalls and plays on', () => {
  assert.deepEqual(run({ type: 'load' }), { kind: 'loading' });
  assert.deepEqual(run({ type: 'load' }, { type: 'playing' }), { kind: 'playing' });
  assert.deepEqual(run({ type: 'load' }, { type: 'playing' }, { type: 'waiting' }), { kind: 'buffering' });
  assert.deepEqual(run({ type: 'load' }, { type: 'playing' }, { type: 'waiting' }, { type: 'playing' }), { kind: 'playing' });
});

test('waiting before the first picture stays loading', () => {
  assert.deepEqual(run({ type: 'load' }, { type: 'waiting' }), { kind: 'loading' });
});

test('a lost connection carries when it is tried again, and loading follows', () => {
  const state = run({ type: 'load' }, { type: 'playing' }, lost);
  assert.deepEqual(state, { kind: 'lost', code: 'level_load_error', attempt: 1, retryAt: 5_000 });
  assert.deepEqual(transition(state, { type: 'retry' }), { kind: 'loading' });
});

test('faults that arrive after the end do not turn an ended stream into an error', () => {
  const ended = run({ type: 'load' }, { type: 'playing' }, { type: 'ended' });
  assert.deepEqual(transition(ended, lost), { kind: 'ended' });
  assert.deepEqual(transition(ended, { type: 'failed', code: 'x' }), { kind: 'ended' });
  assert.deepEqual(transition(ended, { type: 'playing' }), { kind: 'ended' });
});

test('an ended or offline stream starts again when the page asks', () => {
  assert.deepEqual(run({ type: 'load' }, { type: 'offline' }, { type: 'retry' }), { kind: 'loading' });
  assert.deepEqual(run({ type: 'load' }, { type: 'playing' }, { type: 'ended' }, { type: 'retry' }), { kind: 'loading' });
});

test('no event but load wakes an idle player', () => {
  const others: readonly PlayerEvent[] = [
    { type: 'playing' },
    { type: 'pause' },
    { type: 'waiting' },
    { type: 'retry' },
    { type: 'offline' },
    { type: 'ended' },
    { type: 'failed', code: 'x' },
    lost,
  ];
  for (const event of others) assert.deepEqual(run(event), { kind: 'idle' }, event.type);
});

test('whatever happened, load and unload lead to loading and idle', () => {
  const event: fc.Arbitrary<PlayerEvent> = fc.oneof(
    fc.constantFrom<PlayerEvent>(
      { type: 'load' },
      { type: 'playing' },
      { type: 'pause' },
      { type: 'waiting' },
      { type: 'retry' },
      { type: 'offline' },
      { type: 'ended' },
      { type: 'unload' },
    ),
    fc.record({ type: fc.constant('lost' as const), code: fc.string(), attempt: fc.nat(), retryAt: fc.nat() }),
    fc.record({ type: fc.constant('failed' as const), code: fc.string() }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const state = run(...events);
      assert.equal(transition(state, { type: 'load' }).kind, 'loading');
      assert.equal(transition(state, { type: 'unload' }).kind, 'idle');
    }),
  );
});
