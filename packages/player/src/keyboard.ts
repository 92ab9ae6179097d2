// Keys: which one does what, which ones a focused control keeps, and listening for them. Captions (c) come with a later milestone.

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

/** What a focused control needs of the keyboard. */
export type ControlKind = 'button' | 'slider' | 'text' | 'none';

/** Keys that a focused control already uses: a button takes space, a slider takes arrows, Home and End. */
export function controlKeepsKey(control: ControlKind, key: string): boolean {
  if (control === 'text') return true;
  if (control === 'button') return key === ' ' || key === 'Enter';
  if (control === 'slider') return key.startsWith('Arrow') || key === 'Home' || key === 'End';
  return false;
}

export function listenKeys(target: EventTarget, onCommand: (command: PlayerCommand) => void, signal: AbortSignal): void {
  const press = (event: Event): void => {
    if (!(event instanceof KeyboardEvent) || event.defaultPrevented) return;
    const command = commandForKey(event);
    if (command === null || controlKeepsKey(controlKind(event.composedPath()[0]), event.key)) return;
    event.preventDefault();
    onCommand(command);
  };
  target.addEventListener('keydown', press, { signal });
}

function controlKind(target: EventTarget | undefined): ControlKind {
  if (target instanceof HTMLInputElement && target.type === 'range') return 'slider';
  if (target instanceof HTMLElement && (target.matches('input, textarea, select') || target.isContentEditable)) return 'text';
  return target instanceof HTMLElement && target.matches('button, a, summary, [role="tab"]') ? 'button' : 'none';
}
