// The life of one stream as a pure state machine; stream-service.ts alone applies it. docs/streams.md draws the same table, and a test
// compares the two. The database knows three states: reserved and starting are `starting`, live and interrupted are `live` (once media ran).

import type { WallMs } from '@headend/core';
import type { StreamState } from './ports.ts';

export type EndReason = 'stopped' | 'publisher_gone' | 'never_published';

export type Phase =
  /** Announced through the API; waits for its publisher. */
  | { readonly kind: 'reserved'; readonly until: WallMs }
  /** A publisher is connected, no playable media yet. */
  | { readonly kind: 'starting'; readonly sessionId: string }
  | { readonly kind: 'live'; readonly sessionId: string }
  /** The publisher is gone; the same stream goes on if it returns in time. */
  | { readonly kind: 'interrupted'; readonly until: WallMs; readonly wasLive: boolean }
  | { readonly kind: 'ended'; readonly reason: EndReason };

export type PhaseKind = Phase['kind'];

export type StreamInput =
  | { readonly type: 'publish'; readonly sessionId: string }
  | { readonly type: 'media' }
  | { readonly type: 'unpublish'; readonly sessionId: string; readonly until: WallMs }
  | { readonly type: 'expire'; readonly now: WallMs }
  | { readonly type: 'stop' };

export type Transition =
  | { readonly outcome: 'moved'; readonly phase: Phase }
  /** Stale or early: nothing happens. */
  | { readonly outcome: 'ignored' }
  /** A publish while another publisher is connected, or after the end. */
  | { readonly outcome: 'refused'; readonly code: 'publisher_active' | 'stream_stopped' };

/** Every move there is: [from, input, to]. The drawing in docs/streams.md is this list. */
export const moves: readonly (readonly [PhaseKind, StreamInput['type'], PhaseKind])[] = [
  ['reserved', 'publish', 'starting'],
  ['reserved', 'expire', 'ended'],
  ['reserved', 'stop', 'ended'],
  ['starting', 'media', 'live'],
  ['starting', 'unpublish', 'interrupted'],
  ['starting', 'stop', 'ended'],
  ['live', 'unpublish', 'interrupted'],
  ['live', 'stop', 'ended'],
  ['interrupted', 'publish', 'starting'],
  ['interrupted', 'publish', 'live'],
  ['interrupted', 'expire', 'ended'],
  ['interrupted', 'stop', 'ended'],
];

const ignored: Transition = { outcome: 'ignored' };
const moved = (phase: Phase): Transition => ({ outcome: 'moved', phase });

const publish = (phase: Phase, sessionId: string): Transition => {
  if (phase.kind === 'reserved') return moved({ kind: 'starting', sessionId });
  // Viewers already have its playlists: it stays live, and the packager marks the discontinuity.
  if (phase.kind === 'interrupted') return moved({ kind: phase.wasLive ? 'live' : 'starting', sessionId });
  return { outcome: 'refused', code: phase.kind === 'ended' ? 'stream_stopped' : 'publisher_active' };
};

const unpublish = (phase: Phase, sessionId: string, until: WallMs): Transition => {
  if (phase.kind !== 'starting' && phase.kind !== 'live') return ignored;
  // A session that was replaced says goodbye late; its successor must not suffer for it.
  if (phase.sessionId !== sessionId) return ignored;
  return moved({ kind: 'interrupted', until, wasLive: phase.kind === 'live' });
};

const expire = (phase: Phase, now: WallMs): Transition => {
  if (phase.kind !== 'reserved' && phase.kind !== 'interrupted') return ignored;
  if (now < phase.until) return ignored;
  const published = phase.kind === 'interrupted';
  return moved({ kind: 'ended', reason: published ? 'publisher_gone' : 'never_published' });
};

export const transition = (phase: Phase, input: StreamInput): Transition => {
  switch (input.type) {
    case 'publish':
      return publish(phase, input.sessionId);
    case 'media':
      return phase.kind === 'starting' ? moved({ kind: 'live', sessionId: phase.sessionId }) : ignored;
    case 'unpublish':
      return unpublish(phase, input.sessionId, input.until);
    case 'expire':
      return expire(phase, input.now);
    case 'stop':
      return phase.kind === 'ended' ? ignored : moved({ kind: 'ended', reason: 'stopped' });
  }
};

export const isConnected = (phase: Phase): phase is Extract<Phase, { sessionId: string }> =>
  phase.kind === 'starting' || phase.kind === 'live';

export const storedState = (phase: Phase): StreamState => {
  if (phase.kind === 'ended') return 'ended';
  if (phase.kind === 'live' || (phase.kind === 'interrupted' && phase.wasLive)) return 'live';
  return 'starting';
};
