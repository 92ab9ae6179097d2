// @headend/player: live playback as a framework-free web component.

import type { PlayerStateDetail } from './player-element.ts';
import { HeadendPlayer } from './player-element.ts';
import type { PlayerStats } from './stats.ts';

export { loadHlsLibrary } from './hls-engine.ts';
export { fetchPlayback, PlaybackError, type PlaybackSource, type PlaybackTicket, problemToError } from './playback-source.ts';
export { HeadendPlayer, type PlayerStateDetail } from './player-element.ts';
export type { PlayerState, PlayerStateKind } from './player-state.ts';
export type { PlayerStats } from './stats.ts';

export const PLAYER_TAG = 'headend-player';

/** Registers <headend-player>; safe to call more than once. */
export function defineHeadendPlayer(): void {
  if (customElements.get(PLAYER_TAG) === undefined) customElements.define(PLAYER_TAG, HeadendPlayer);
}

declare global {
  interface HTMLElementTagNameMap {
    'headend-player': HeadendPlayer;
  }
  interface HTMLElementEventMap {
    'headend-state': CustomEvent<PlayerStateDetail>;
    'headend-stats': CustomEvent<PlayerStats>;
    'headend-theatre': CustomEvent<null>;
  }
}
