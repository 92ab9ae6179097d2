// The control bar: play, volume, live badge, position, latency chip, quality, picture-in-picture, theatre, full screen.
// It draws a view it is given and reports commands; it reads nothing from the media element.

import { element, iconButton, relabel, setIcon, setText } from './dom.ts';
import { AUTO_QUALITY, type Quality } from './engine.ts';
import { formatClock } from './format.ts';
import { createIcon } from './icons.ts';
import type { PlayerCommand } from './keyboard.ts';
import { strings } from './strings.ts';

/** A window shorter than this has nothing to rewind into; the position slider stays away. */
const MIN_WINDOW_SECONDS = 20;

export type ControlsView = {
  readonly paused: boolean;
  readonly muted: boolean;
  readonly volume: number;
  /** Seconds from the start of the window to the live position, and to where the viewer is. */
  readonly windowSeconds: number;
  readonly positionSeconds: number;
  readonly behind: boolean;
  /** The broadcaster is gone and may come back: nothing is live right now. */
  readonly interrupted: boolean;
  readonly fullscreen: boolean;
  /** Null where the page has no theatre layout. */
  readonly theatre: boolean | null;
  readonly chip: { readonly latency: string; readonly more: string } | null;
};

export type ControlsHooks = {
  readonly onCommand: (command: PlayerCommand) => void;
  readonly onVolume: (volume: number) => void;
  /** Seconds from the start of the window. */
  readonly onSeek: (seconds: number) => void;
  readonly onQuality: (id: number) => void;
  readonly onPip: () => void;
};

export class Controls {
  readonly root: HTMLElement;
  readonly #hooks: ControlsHooks;
  readonly #play = iconButton('play', strings.play);
  readonly #mute = iconButton('volume', strings.mute);
  readonly #volume = element('input', { type: 'range', min: '0', max: '100', step: '5', 'aria-label': strings.volume });
  readonly #live = element('button', { type: 'button', class: 'live' }, strings.live);
  readonly #behind = element('span', { class: 'behind' });
  readonly #chipLatency = element('span');
  readonly #chipMore = element('span', { class: 'more' });
  readonly #chip = element('button', { type: 'button', class: 'chip', hidden: '' }, this.#chipLatency, this.#chipMore);
  readonly #quality = iconButton('settings', strings.quality);
  readonly #pip = iconButton('pip', strings.pip, 'icon wide');
  readonly #theatre = iconButton('theatre', strings.theatre, 'icon wide');
  readonly #fullscreen = iconButton('fullscreen', strings.fullscreen);
  readonly #scrub = element('input', { type: 'range', class: 'scrub', min: '0', step: '0.1', 'aria-label': strings.seek, hidden: '' });
  readonly #menu = element('div', { class: 'panel menu', role: 'menu', 'aria-label': strings.quality, hidden: '' });

  constructor(hooks: ControlsHooks) {
    this.#hooks = hooks;
    relabel(this.#chip, strings.statistics);
    this.#chip.removeAttribute('aria-label');
    this.#quality.hidden = true;
    this.#quality.setAttribute('aria-haspopup', 'menu');
    this.#pip.hidden = !document.pictureInPictureEnabled;
    const volume = element('div', { class: 'volume' }, this.#mute, this.#volume);
    const left = [this.#play, volume, this.#live, this.#behind, element('span', { class: 'grow' })];
    const row = element('div', { class: 'row' }, ...left, this.#chip, this.#quality, this.#pip, this.#theatre, this.#fullscreen);
    this.root = element('div', { class: 'bar' }, this.#scrub, row, this.#menu);
    this.#wire();
  }

  #wire(): void {
    const commands: readonly (readonly [HTMLElement, PlayerCommand])[] = [
      [this.#play, 'toggle-play'],
      [this.#mute, 'toggle-mute'],
      [this.#live, 'go-live'],
      [this.#chip, 'toggle-statistics'],
      [this.#theatre, 'toggle-theatre'],
      [this.#fullscreen, 'toggle-fullscreen'],
    ];
    for (const [button, command] of commands) button.addEventListener('click', () => this.#hooks.onCommand(command));
    this.#volume.addEventListener('input', () => this.#hooks.onVolume(this.#volume.valueAsNumber / 100));
    this.#scrub.addEventListener('input', () => this.#hooks.onSeek(this.#scrub.valueAsNumber));
    this.#pip.addEventListener('click', () => this.#hooks.onPip());
    this.#quality.addEventListener('click', () => this.toggleMenu());
    this.#menu.addEventListener('keydown', (event) => this.#menuKey(event));
  }

  get menuOpen(): boolean {
    return !this.#menu.hidden;
  }

  toggleMenu(open = !this.menuOpen): void {
    this.#menu.hidden = !open;
    this.#quality.setAttribute('aria-expanded', String(open));
    if (open) this.#menu.querySelector<HTMLElement>('[aria-checked="true"]')?.focus();
  }

  /** Shown only when there is something to choose. */
  setQualities(qualities: readonly Quality[], chosen: number): void {
    this.#quality.hidden = qualities.length < 2;
    const items = [{ id: AUTO_QUALITY, label: strings.auto }, ...qualities].map(({ id, label }) => {
      const checked = String(id === chosen);
      const item = element('button', { type: 'button', role: 'menuitemradio', 'aria-checked': checked }, createIcon('check'), label);
      item.addEventListener('click', () => {
        this.#hooks.onQuality(id);
        this.toggleMenu(false);
        this.#quality.focus();
      });
      return item;
    });
    this.#menu.replaceChildren(...items);
  }

  #menuKey(event: KeyboardEvent): void {
    const items = [...this.#menu.querySelectorAll('button')];
    const at = items.findIndex((item) => item.matches(':focus'));
    if (event.key === 'Escape') {
      this.toggleMenu(false);
      this.#quality.focus();
    } else if (event.key === 'ArrowDown') items[(at + 1) % items.length]?.focus();
    else if (event.key === 'ArrowUp') items[(at - 1 + items.length) % items.length]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  update(view: ControlsView): void {
    setIcon(this.#play, view.paused ? 'play' : 'pause');
    relabel(this.#play, view.paused ? strings.play : strings.pause);
    const silent = view.muted || view.volume === 0;
    setIcon(this.#mute, silent ? 'muted' : 'volume');
    relabel(this.#mute, silent ? strings.unmute : strings.mute);
    setRange(this.#volume, silent ? 0 : view.volume * 100, 100);
    this.#live.toggleAttribute('data-behind', view.behind || view.interrupted);
    setText(this.#live, view.behind ? strings.goLive : strings.live);
    this.#updatePosition(view);
    setIcon(this.#fullscreen, view.fullscreen ? 'exitFullscreen' : 'fullscreen');
    relabel(this.#fullscreen, view.fullscreen ? strings.exitFullscreen : strings.fullscreen);
    this.#theatre.hidden = view.theatre === null;
    this.#theatre.setAttribute('aria-pressed', String(view.theatre === true));
    this.#chip.hidden = view.chip === null;
    if (view.chip === null) return;
    setText(this.#chipLatency, view.chip.latency);
    setText(this.#chipMore, view.chip.more);
  }

  #updatePosition(view: ControlsView): void {
    const behindSeconds = Math.max(0, view.windowSeconds - view.positionSeconds);
    setText(this.#behind, view.behind ? `−${formatClock(behindSeconds)}` : '');
    this.#scrub.hidden = view.windowSeconds < MIN_WINDOW_SECONDS;
    if (this.#scrub.hidden) return;
    this.#scrub.toggleAttribute('data-behind', view.behind);
    this.#scrub.setAttribute('aria-valuetext', view.behind ? strings.behind(formatClock(behindSeconds)) : strings.atLive);
    setRange(this.#scrub, view.behind ? view.positionSeconds : view.windowSeconds, view.windowSeconds);
  }
}

/** Keeps value, ceiling and the filled part of the track in step. */
function setRange(input: HTMLInputElement, value: number, max: number): void {
  input.max = String(max);
  input.value = String(value);
  input.style.setProperty('--at', `${max > 0 ? (value / max) * 100 : 0}%`);
}
