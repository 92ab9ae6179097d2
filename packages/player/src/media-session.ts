// The operating system's media controls: what is on, and the keys that make sense for a live stream.

import type { PlayerCommand } from './keyboard.ts';
import type { PlaybackSource } from './playback-source.ts';

const ACTIONS: readonly (readonly [MediaSessionAction, PlayerCommand])[] = [
  ['play', 'toggle-play'],
  ['pause', 'toggle-play'],
  ['seekbackward', 'seek-back'],
  ['seekforward', 'seek-forward'],
];

export function announceMediaSession(source: PlaybackSource, onCommand: (command: PlayerCommand) => void): void {
  if (!('mediaSession' in navigator)) return;
  const artwork = source.poster === undefined ? [] : [{ src: source.poster }];
  navigator.mediaSession.metadata = new MediaMetadata({ title: source.title ?? '', artist: source.artist ?? '', artwork });
  for (const [action, command] of ACTIONS) navigator.mediaSession.setActionHandler(action, () => onCommand(command));
}

export function clearMediaSession(): void {
  if (!('mediaSession' in navigator)) return;
  navigator.mediaSession.metadata = null;
  for (const [action] of ACTIONS) navigator.mediaSession.setActionHandler(action, null);
}
