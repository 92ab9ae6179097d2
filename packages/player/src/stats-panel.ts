// The statistics panel: a list of figures and the session id to copy for support.

import { element, iconButton, setIcon, setText } from './dom.ts';
import { type PlayerStats, statsRows } from './stats.ts';
import { strings } from './strings.ts';

const COPIED_MS = 1_500;

export class StatsPanel {
  readonly root: HTMLElement;
  readonly #list = element('dl');
  readonly #session = element('span');
  readonly #values: HTMLElement[] = [];

  constructor(onClose: () => void) {
    const close = iconButton('close', strings.close);
    close.addEventListener('click', onClose);
    this.root = element('section', { class: 'panel stats', 'aria-label': strings.statistics, hidden: '' });
    this.root.append(element('header', {}, strings.statistics, close), this.#list);
  }

  get open(): boolean {
    return !this.root.hidden;
  }

  toggle(open = !this.open): void {
    this.root.hidden = !open;
  }

  show(stats: PlayerStats): void {
    const rows = statsRows(stats);
    if (this.#values.length === 0) this.#build(rows);
    rows.forEach(([, value], index) => {
      const cell = this.#values[index];
      if (cell !== undefined) setText(cell, value);
    });
    setText(this.#session, stats.sessionId);
    this.#session.title = stats.sessionId;
  }

  #build(rows: readonly (readonly [string, string])[]): void {
    for (const [label] of rows) {
      const value = element('dd');
      this.#values.push(value);
      this.#list.append(element('dt', {}, label), value);
    }
    const copy = iconButton('copy', strings.copy);
    copy.addEventListener('click', () => void this.#copy(copy));
    this.#list.append(element('dt', {}, strings.stats.session), element('dd', { class: 'session' }, this.#session, copy));
  }

  async #copy(button: HTMLButtonElement): Promise<void> {
    // Without a secure context there is no clipboard; the id can still be selected.
    await navigator.clipboard?.writeText(this.#session.textContent ?? '');
    setIcon(button, 'check');
    window.setTimeout(() => setIcon(button, 'copy'), COPIED_MS);
  }
}
