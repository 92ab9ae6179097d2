// The player's state machine: one pure transition function. Media elements and hls.js report late and out of order, so an event that
// makes no sense in a state leaves the state as it is instead of being an error.
// Left out: timers and effects; the element owns those and feeds their outcome back as events.

export type PlayerState =
  | { readonly kind: 'idle' }
  /** No picture yet. */
  | { readonly kind: 'loading' }
  | { readonly kind: 'playing' }
  | { readonly kind: 'paused' }
  /** There was a picture; the buffer ran dry. */
  | { readonly kind: 'buffering' }
  /** The connection failed; the next try starts at `retryAt` (epoch milliseconds). */
  | { readonly kind: 'lost'; readonly code: string; readonly attempt: number; readonly retryAt: number }
  /** The stream is not on air. */
  | { readonly kind: 'offline' }
  /** The stream that was playing is over. */
  | { readonly kind: 'ended' }
  /** Nothing we can do alone will help. */
  | { readonly kind: 'error'; readonly code: string };

export type PlayerStateKind = PlayerState['kind'];

export type PlayerEvent =
  | { readonly type: 'load' }
  | { readonly type: 'playing' }
  | { readonly type: 'pause' }
  | { readonly type: 'waiting' }
  | { readonly type: 'lost'; readonly code: string; readonly attempt: number; readonly retryAt: number }
  | { readonly type: 'retry' }
  | { readonly type: 'offline' }
  | { readonly type: 'ended' }
  | { readonly type: 'failed'; readonly code: string }
  | { readonly type: 'unload' };

/** States in which a media element's own events (playing, waiting, pause) mean something. */
const MEDIA_STATES: ReadonlySet<PlayerStateKind> = new Set(['loading', 'playing', 'paused', 'buffering', 'lost']);

export function transition(state: PlayerState, event: PlayerEvent): PlayerState {
  switch (event.type) {
    case 'load':
      return { kind: 'loading' };
    case 'unload':
      return { kind: 'idle' };
    case 'playing':
      return MEDIA_STATES.has(state.kind) ? { kind: 'playing' } : state;
    case 'pause':
      return state.kind === 'playing' || state.kind === 'buffering' ? { kind: 'paused' } : state;
    case 'waiting':
      return state.kind === 'playing' ? { kind: 'buffering' } : state;
    case 'lost':
      return isOver(state) ? state : { kind: 'lost', code: event.code, attempt: event.attempt, retryAt: event.retryAt };
    case 'retry':
      // From any state: the page asks again when the channel says that an offline or ended stream is on air after all.
      return state.kind !== 'idle' ? { kind: 'loading' } : state;
    case 'offline':
      return state.kind === 'idle' ? state : { kind: 'offline' };
    case 'ended':
      return MEDIA_STATES.has(state.kind) ? { kind: 'ended' } : state;
    case 'failed':
      return isOver(state) ? state : { kind: 'error', code: event.code };
  }
}

function isOver(state: PlayerState): boolean {
  return state.kind === 'idle' || state.kind === 'ended' || state.kind === 'offline';
}
