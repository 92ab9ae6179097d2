// When an ended stream is over for the viewer. The element's own `ended` event comes only when the last part is whole in both picture
// and sound; an encoder that died leaves one of them shorter, and the picture then stands a few frames before the end for good.
// Pure: position and time come in.

/** A shortfall larger than this is media still being loaded. */
const MAX_SHORTFALL_SECONDS = 1;
const STANDS_STILL_MS = 600;

export class TailEnd {
  #position = Number.NaN;
  #since = 0;

  /** `remaining`: seconds of media left to play, null while more is to come. Call a few times a second. */
  isOver(remaining: number | null, position: number, paused: boolean, now: number): boolean {
    if (remaining === null || remaining > MAX_SHORTFALL_SECONDS || paused || position !== this.#position) {
      this.#position = position;
      this.#since = now;
      return false;
    }
    return now - this.#since >= STANDS_STILL_MS;
  }
}
