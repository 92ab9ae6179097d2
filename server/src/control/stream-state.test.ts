// The transition function is the table of moves, no more and no less; and docs/streams.md draws the same table.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { wallMs } from '@headend/core';
import { moves, type Phase, type StreamInput, storedState, transition } from './stream-state.ts';

const NOW = wallMs(1_000);
const phases: readonly Phase[] = [
  { kind: 'reserved', until: NOW },
  { kind: 'starting', sessionId: 'a' },
  { kind: 'live', sessionId: 'a' },
  { kind: 'interrupted', until: NOW, wasLive: false },
  { kind: 'interrupted', until: NOW, wasLive: true },
  { kind: 'ended', reason: 'stopped' },
];
const inputs: readonly StreamInput[] = [
  { type: 'publish', sessionId: 'b' },
  { type: 'media' },
  { type: 'unpublish', sessionId: 'a', until: NOW },
  { type: 'expire', now: NOW },
  { type: 'stop' },
];
const line = (from: string, input: string, to: string): string => `${from} --> ${to}: ${input}`;

describe('the stream state machine', () => {
  it('makes exactly the moves of its table', () => {
    const made = new Set<string>();
    for (const phase of phases) {
      for (const input of inputs) {
        const step = transition(phase, input);
        if (step.outcome === 'moved') made.add(line(phase.kind, input.type, step.phase.kind));
      }
    }
    assert.deepEqual([...made].sort(), moves.map((move) => line(...move)).sort());
  });

  it('is drawn in docs/streams.md', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/streams.md'), 'utf8');
    const drawing = /```mermaid\nstateDiagram-v2\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const drawn = drawing
      .split('\n')
      .map((text) => text.trim())
      .filter((text) => text !== '' && !text.includes('[*]'));
    assert.deepEqual(drawn.sort(), moves.map((move) => line(...move)).sort());
  });

  it('does not expire early, and ignores another session’s goodbye', () => {
    assert.equal(
      transition({ kind: 'interrupted', until: NOW, wasLive: true }, { type: 'expire', now: wallMs(NOW - 1) }).outcome,
      'ignored',
    );
    assert.equal(transition({ kind: 'live', sessionId: 'a' }, { type: 'unpublish', sessionId: 'b', until: NOW }).outcome, 'ignored');
  });

  it('refuses a publish with the reason', () => {
    assert.deepEqual(transition({ kind: 'live', sessionId: 'a' }, { type: 'publish', sessionId: 'b' }), {
      outcome: 'refused',
      code: 'publisher_active',
    });
    assert.deepEqual(transition({ kind: 'ended', reason: 'stopped' }, { type: 'publish', sessionId: 'b' }), {
      outcome: 'refused',
      code: 'stream_stopped',
    });
  });

  it('is stored as starting, live or ended', () => {
    assert.deepEqual(phases.map(storedState), ['starting', 'starting', 'live', 'starting', 'live', 'ended']);
  });
});
