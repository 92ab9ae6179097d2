// What the viewer can do, whatever asked for it: a key, a button, a gesture, the operating system.

import type { Engine } from './engine.ts';
import type { PlayerCommand } from './keyboard.ts';
import type { LiveEdge } from './live-edge.ts';
import { writeVolume } from './preferences.ts';

const SEEK_SECONDS = 5;
const VOLUME_STEP = 0.05;

export type CommandParts = {
  readonly host: HTMLElement;
  readonly video: HTMLVideoElement;
  readonly edge: LiveEdge;
  readonly engine: () => Engine | null;
  readonly onChange: () => void;
  /** The browser would not play. */
  readonly onRefused: () => void;
  readonly onStatistics: () => void;
};

export class Commands {
  readonly #parts: CommandParts;

  constructor(parts: CommandParts) {
    this.#parts = parts;
  }

  run(command: PlayerCommand): void {
    const { video, engine, host } = this.#parts;
    switch (command) {
      case 'toggle-play':
        if (video.paused) this.#play();
        else video.pause();
        return;
      case 'toggle-mute':
        this.setVolume(video.volume || 1, !video.muted);
        return;
      case 'volume-up':
        this.setVolume(video.volume + VOLUME_STEP, false);
        return;
      case 'volume-down':
        this.setVolume(video.volume - VOLUME_STEP, false);
        return;
      case 'seek-back':
        this.seekTo(video.currentTime - SEEK_SECONDS);
        return;
      case 'seek-forward':
        this.seekTo(video.currentTime + SEEK_SECONDS);
        return;
      case 'seek-start':
        this.seekTo(engine()?.snapshot().windowStart ?? 0);
        return;
      case 'go-live':
        this.#goLive();
        return;
      case 'toggle-statistics':
        this.#parts.onStatistics();
        return;
      case 'toggle-theatre':
        if (host.hasAttribute('has-theatre')) host.dispatchEvent(new CustomEvent('headend-theatre', { bubbles: true, composed: true }));
        return;
      case 'toggle-fullscreen':
        void toggleFullscreen(host, video);
    }
  }

  setVolume(volume: number, muted: boolean): void {
    const bounded = Math.min(1, Math.max(0, volume));
    writeVolume({ volume: bounded, muted });
    this.#parts.video.volume = bounded;
    this.#parts.video.muted = muted;
  }

  seekTo(time: number): void {
    const engine = this.#parts.engine();
    if (engine === null) return;
    const { windowStart, livePosition } = engine.snapshot();
    if (livePosition !== null && time >= livePosition) {
      this.#goLive();
      return;
    }
    this.#parts.video.currentTime = Math.max(windowStart ?? 0, time);
    this.#parts.edge.reconsider(engine);
    this.#parts.onChange();
  }

  #goLive(): void {
    const { edge, engine, video, onChange } = this.#parts;
    const current = engine();
    if (current === null) return;
    edge.goLive(current);
    if (video.paused) this.#play();
    onChange();
  }

  #play(): void {
    void this.#parts.video.play().catch(() => this.#parts.onRefused());
  }
}

export async function toggleFullscreen(host: HTMLElement, video: HTMLVideoElement): Promise<void> {
  try {
    if (document.fullscreenElement === host) await document.exitFullscreen();
    else if (document.fullscreenEnabled) await host.requestFullscreen();
    // iPhones show only the bare video in full screen.
    else if ('webkitEnterFullscreen' in video && typeof video.webkitEnterFullscreen === 'function') video.webkitEnterFullscreen();
  } catch {
    // Refused by the browser or an embedding page: the picture stays where it is.
  }
}

export async function togglePictureInPicture(video: HTMLVideoElement): Promise<void> {
  try {
    if (document.pictureInPictureElement === null) await video.requestPictureInPicture();
    else await document.exitPictureInPicture();
  } catch {
    // Refused by the browser: nothing changes.
  }
}
