// Which key does what. Pure, so the table can be tested and shown as help. Captions (c) come with a later milestone.

export type PlayerCommand =
  | 'toggle-play'
  | 'toggle-mute'
  | 'toggle-fullscreen'
  | 'toggle-theatre'
  | 'toggle-statistics'
  | 'volume-up'
  | 'volume-down'
  | 'seek-back'
  | 'seek-forward'
  | 'seek-start'
  | 'go-live';

const KEYS: Readonly<Record<string, PlayerCommand>> = {
  ' ': 'toggle-play',
  k: 'toggle-play',
  m: 'toggle-mute',
  f: 'toggle-fullscreen',
  t: 'toggle-theatre',
  i: 'toggle-statistics',
  s: 'toggle-statistics',
  ArrowUp: 'volume-up',
  ArrowDown: 'volume-down',
  ArrowLeft: 'seek-back',
  ArrowRight: 'seek-forward',
  Home: 'seek-start',
  End: 'go-live',
};

export type KeyPress = {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
};

/** The command of a key press, or null. Browser shortcuts (with a modifier) stay the browser's. */
export function commandForKey(press: KeyPress): PlayerCommand | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  return KEYS[key] ?? null;
}

/** Keys that a focused control already uses: a button takes space, a slider takes arrows, Home and End. */
export function controlKeepsKey(control: 'button' | 'slider' | 'text' | 'none', key: string): boolean {
  if (control === 'text') return true;
  if (control === 'button') return key === ' ' || key === 'Enter';
  if (control === 'slider') return key.startsWith('Arrow') || key === 'Home' || key === 'End';
  return false;
}
