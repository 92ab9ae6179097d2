// Pointer manners on the picture: a mouse click plays or pauses, a double click is full screen; a tap shows the controls, a double tap
// on a side seeks, a pinch fills or fits the picture.

export type GestureHooks = {
  readonly onClick: () => void;
  readonly onDoubleClick: () => void;
  readonly onTap: () => void;
  readonly onDoubleTap: (side: 'back' | 'forward' | 'middle') => void;
  readonly onPinch: (fill: boolean) => void;
};

const DOUBLE_TAP_MS = 300;
/** A pinch counts once the fingers moved apart or together by this ratio. */
const PINCH_RATIO = 1.2;

export function listenGestures(surface: HTMLElement, hooks: GestureHooks): void {
  let lastTapAt = Number.NEGATIVE_INFINITY;
  // A double tap ends in a `dblclick`, too, and that event does not say what made it.
  let pointer = 'mouse';
  surface.addEventListener('pointerdown', (event) => {
    pointer = event.pointerType;
  });
  surface.addEventListener('click', (event) => {
    if (pointer === 'mouse') {
      hooks.onClick();
      return;
    }
    const double = event.timeStamp - lastTapAt < DOUBLE_TAP_MS;
    lastTapAt = double ? Number.NEGATIVE_INFINITY : event.timeStamp;
    if (double) hooks.onDoubleTap(sideOf(event, surface));
    else hooks.onTap();
  });
  surface.addEventListener('dblclick', () => {
    if (pointer === 'mouse') hooks.onDoubleClick();
  });
  listenPinch(surface, hooks);
}

function sideOf(event: MouseEvent, surface: HTMLElement): 'back' | 'forward' | 'middle' {
  const box = surface.getBoundingClientRect();
  const at = (event.clientX - box.left) / box.width;
  if (at < 1 / 3) return 'back';
  return at > 2 / 3 ? 'forward' : 'middle';
}

function listenPinch(surface: HTMLElement, hooks: GestureHooks): void {
  let startDistance = 0;
  surface.addEventListener(
    'touchstart',
    (event) => {
      startDistance = fingersApart(event);
    },
    { passive: true },
  );
  surface.addEventListener(
    'touchmove',
    (event) => {
      const distance = fingersApart(event);
      if (startDistance === 0 || distance === 0) return;
      const ratio = distance / startDistance;
      if (ratio > PINCH_RATIO || ratio < 1 / PINCH_RATIO) {
        startDistance = 0;
        hooks.onPinch(ratio > 1);
      }
    },
    { passive: true },
  );
}

function fingersApart(event: TouchEvent): number {
  const [one, two] = [event.touches[0], event.touches[1]];
  return one === undefined || two === undefined ? 0 : Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY);
}
