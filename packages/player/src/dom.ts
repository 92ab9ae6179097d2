// Three helpers for building the shadow tree by hand, so that the player needs no framework.

import { createIcon, type IconName } from './icons.ts';

type Attributes = Readonly<Record<string, string>>;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** A button that shows an icon and says its name to assistive technology and on hover. */
export function iconButton(icon: IconName, label: string, className = 'icon'): HTMLButtonElement {
  const button = element('button', { type: 'button', class: className }, createIcon(icon));
  relabel(button, label);
  return button;
}

export function relabel(button: HTMLElement, label: string): void {
  if (button.getAttribute('aria-label') === label) return;
  button.setAttribute('aria-label', label);
  button.title = label;
}

/** Changes the icon of a button, if it is not that icon already (a live control must not be rebuilt under the pointer). */
export function setIcon(button: HTMLElement, icon: IconName): void {
  if (button.dataset['icon'] === icon) return;
  button.dataset['icon'] = icon;
  button.querySelector('svg')?.replaceWith(createIcon(icon));
}

export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
