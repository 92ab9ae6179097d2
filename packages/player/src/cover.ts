// What lies over the picture when there is none to show: offline, ended, lost, error. Says what failed, what we do, what you can do.

import { element, setText } from './dom.ts';
import { createIcon, type IconName } from './icons.ts';
import type { PlayerState } from './player-state.ts';
import { strings } from './strings.ts';

type Message = {
  readonly icon: IconName;
  readonly title: string;
  readonly text: string;
  readonly code?: string;
  readonly action?: string;
};

export class Cover {
  readonly root = element('div', { class: 'cover', hidden: '' });
  readonly #onAction: () => void;
  #key = '';
  #text: HTMLElement | null = null;

  constructor(onAction: () => void) {
    this.#onAction = onAction;
  }

  get visible(): boolean {
    return !this.root.hidden;
  }

  /** `over`: a frame is behind it, so it is a scrim rather than a wall. */
  show(state: PlayerState, now: number, over: boolean): void {
    const message = messageFor(state, now);
    this.root.hidden = message === null;
    if (message === null) {
      this.#key = '';
      return;
    }
    this.root.toggleAttribute('data-over', over && state.kind === 'lost');
    const key = `${state.kind}/${message.code ?? ''}`;
    // Only the countdown changes within a state: a button under the pointer must not be rebuilt.
    if (key === this.#key && this.#text !== null) {
      setText(this.#text, message.text);
      return;
    }
    this.#key = key;
    this.root.dataset['kind'] = state.kind;
    this.#build(message);
  }

  #build(message: Message): void {
    this.#text = element('p', {}, message.text);
    this.root.replaceChildren(createIcon(message.icon), element('strong', {}, message.title), this.#text);
    if (message.action !== undefined) {
      const button = element('button', { type: 'button', class: 'action' }, createIcon('retry'), message.action);
      button.addEventListener('click', this.#onAction);
      this.root.append(button);
    }
    if (message.code !== undefined) this.root.append(element('code', {}, `${strings.code}: ${message.code}`));
  }
}

function messageFor(state: PlayerState, now: number): Message | null {
  switch (state.kind) {
    case 'offline':
      return { icon: 'offline', title: strings.offlineTitle, text: strings.offlineText };
    case 'ended':
      return { icon: 'check', title: strings.endedTitle, text: strings.endedText };
    case 'lost': {
      const seconds = Math.ceil((state.retryAt - now) / 1000);
      return { icon: 'lost', title: strings.lostTitle, text: strings.lostText(seconds), code: state.code, action: strings.retryNow };
    }
    case 'error': {
      const general = state.code.includes('codec') ? strings.unsupportedText : strings.errorText;
      const text = strings.errorTexts[state.code] ?? general;
      return { icon: 'error', title: strings.errorTitle, text, code: state.code, action: strings.reload };
    }
    default:
      return null;
  }
}
