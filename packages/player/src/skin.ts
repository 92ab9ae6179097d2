// The player's shadow tree apart from the control bar's inside: picture, poster, spinner, cover, sound button, notes, announcements,
// the fading of the controls and what gestures on the picture do. It decides how a state looks, never what the state is.

import { Controls, type ControlsHooks, type ControlsView } from './controls.ts';
import { Cover } from './cover.ts';
import { element, setText } from './dom.ts';
import { listenGestures } from './gestures.ts';
import { createIcon } from './icons.ts';
import type { PlayerState } from './player-state.ts';
import { StatsPanel } from './stats-panel.ts';
import { strings } from './strings.ts';
import { playerCss } from './styles.ts';

/** A spinner that flashes for a blink disturbs more than the wait. */
const SPINNER_AFTER_MS = 400;
const FADE_AFTER_MS = 2_500;
const HINT_MS = 500;
const DOUBLE_TAP_COMMANDS = { back: 'seek-back', middle: 'toggle-fullscreen', forward: 'seek-forward' } as const;

export type SkinHooks = ControlsHooks & {
  readonly onAction: () => void;
  readonly onSound: () => void;
};

export type SkinView = Pick<ControlsView, 'interrupted' | 'windowSeconds' | 'positionSeconds' | 'behind' | 'chip'> & {
  readonly state: PlayerState;
  /** The browser muted the picture. */
  readonly soundRefused: boolean;
};

export class Skin {
  readonly video = element('video', { playsinline: '', preload: 'auto', 'aria-label': strings.player, tabindex: '-1' });
  readonly controls: Controls;
  readonly stats: StatsPanel;
  readonly #host: HTMLElement;
  readonly #surface = element('div', { class: 'surface' });
  readonly #poster = element('img', { class: 'poster', alt: '' });
  readonly #backdrop = element('div', { class: 'poster' });
  readonly #spinner = element('div', { class: 'spinner', hidden: '' });
  readonly #sound = element('button', { type: 'button', class: 'sound', hidden: '' }, createIcon('muted'), strings.tapForSound);
  readonly #note = element('div', { class: 'note', hidden: '' });
  readonly #said = element('div', { class: 'said', role: 'status' });
  readonly #cover: Cover;
  #spinnerTimer: number | undefined;
  #fadeTimer: number | undefined;
  #tappedIdle = false;
  #kind: PlayerState['kind'] = 'idle';

  constructor(host: HTMLElement, root: ShadowRoot, hooks: SkinHooks) {
    this.#host = host;
    this.controls = new Controls(hooks);
    this.stats = new StatsPanel(() => this.stats.toggle(false));
    this.#cover = new Cover(hooks.onAction);
    this.#poster.hidden = true;
    this.#sound.addEventListener('click', hooks.onSound);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(playerCss);
    root.adoptedStyleSheets = [sheet];
    const layers = [this.video, this.#backdrop, this.#poster, this.#surface, this.#spinner, this.#cover.root, this.#note];
    root.append(...layers, this.#sound, this.controls.root, this.stats.root, this.#said);
    this.#listen(root);
    listenGestures(this.#surface, {
      onClick: () => hooks.onCommand('toggle-play'),
      onDoubleClick: () => hooks.onCommand('toggle-fullscreen'),
      onTap: () => this.#toggleControls(),
      onDoubleTap: (side) => {
        if (side !== 'middle') this.#hint(side, strings.seekHint[side]);
        hooks.onCommand(DOUBLE_TAP_COMMANDS[side]);
      },
      onPinch: (fill) => host.toggleAttribute('data-fill', fill),
    });
  }

  setPoster(url: string | null): void {
    this.#poster.hidden = url === null;
    if (url === null) this.#poster.removeAttribute('src');
    else this.#poster.src = url;
  }

  show(view: SkinView): void {
    const { video } = this;
    const { state, interrupted } = view;
    const hasPicture = video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    const moving = !video.paused && video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA;
    // A note says enough when the picture still plays from its buffer, or when the page knows the cause.
    const quietLoss = moving || interrupted;
    this.#showState(state, hasPicture, quietLoss);
    // What covers the picture says what happened itself.
    this.#showNote(interrupted && !moving && !this.#cover.visible ? strings.interrupted : null);
    this.#sound.hidden = !(view.soundRefused && video.muted && state.kind !== 'idle' && !video.paused);
    this.controls.update({
      ...view,
      paused: video.paused,
      muted: video.muted,
      volume: video.volume,
      fullscreen: document.fullscreenElement === this.#host,
      theatre: this.#host.hasAttribute('has-theatre') ? this.#host.hasAttribute('theatre') : null,
    });
  }

  close(): void {
    window.clearTimeout(this.#spinnerTimer);
    window.clearTimeout(this.#fadeTimer);
  }

  #listen(root: ShadowRoot): void {
    const host = this.#host;
    host.addEventListener('pointermove', (event) => event.pointerType === 'mouse' && this.#wake());
    host.addEventListener('keydown', () => this.#wake());
    // Before anything a touch causes (focus, click): a tap must judge what the viewer saw.
    host.addEventListener('pointerdown', () => {
      this.#tappedIdle = host.hasAttribute('data-idle');
      if (!this.#tappedIdle) this.#wake();
    });
    this.#surface.addEventListener('pointerdown', () => this.controls.toggleMenu(false));
    root.addEventListener('focusin', () => this.#wake());
    host.addEventListener('pointerleave', () => this.#fadeSoon(FADE_AFTER_MS / 5));
  }

  #showState(state: PlayerState, hasPicture: boolean, quietLoss: boolean): void {
    for (const layer of [this.#poster, this.#backdrop]) layer.toggleAttribute('data-off', hasPicture);
    this.#cover.show(state.kind === 'lost' && quietLoss ? { kind: 'buffering' } : state, Date.now(), hasPicture);
    const nothingYet = state.kind === 'loading' && !hasPicture;
    const noControls = state.kind === 'idle' || nothingYet || this.#cover.visible;
    this.controls.root.hidden = noControls;
    if (noControls) this.stats.toggle(false);
    if (state.kind === this.#kind) return;
    this.#kind = state.kind;
    this.#waitSpinner(state.kind === 'loading' || state.kind === 'buffering' || state.kind === 'lost');
    this.#announce(state);
    this.#wake();
  }

  #showNote(text: string | null): void {
    this.#note.hidden = text === null;
    if (text !== null) setText(this.#note, text);
  }

  /** Shows the controls and starts the fade anew. */
  #wake(): void {
    this.#host.removeAttribute('data-idle');
    this.#fadeSoon(FADE_AFTER_MS);
  }

  /** A tap on touch: hidden controls come, shown ones go. */
  #toggleControls(): void {
    if (this.#tappedIdle) this.#wake();
    else if (this.#kind === 'playing') this.#host.setAttribute('data-idle', '');
  }

  #hint(side: 'back' | 'forward', text: string): void {
    const hint = element('div', { class: 'hint', 'data-side': side }, text);
    this.#surface.after(hint);
    window.setTimeout(() => hint.remove(), HINT_MS);
  }

  #fadeSoon(afterMs: number): void {
    window.clearTimeout(this.#fadeTimer);
    this.#fadeTimer = window.setTimeout(() => {
      const inUse = this.controls.menuOpen || this.controls.root.querySelector(':focus-visible') !== null;
      if (this.#kind === 'playing' && !inUse) this.#host.setAttribute('data-idle', '');
    }, afterMs);
  }

  #waitSpinner(waiting: boolean): void {
    window.clearTimeout(this.#spinnerTimer);
    this.#spinner.hidden = true;
    if (waiting) {
      this.#spinnerTimer = window.setTimeout(() => {
        this.#spinner.hidden = false;
      }, SPINNER_AFTER_MS);
    }
  }

  /** Once per change; loading is silent, it is over before it is read out. */
  #announce(state: PlayerState): void {
    if (state.kind === 'idle' || state.kind === 'loading') return;
    setText(this.#said, state.kind === 'error' ? `${strings.errorTitle}. ${strings.code}: ${state.code}` : strings.announce[state.kind]);
  }
}
