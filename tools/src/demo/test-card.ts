// The demo picture: title, colour bars, ramp, a big wall clock, a frame counter, a ball that reaches a wall at every full second, a
// grain window that gives the encoder something to do, the flash square and the machine-readable clock cells. What never changes
// is painted once; each frame copies it and paints the rest. Pure: time comes in.

import { clockBar, drawClockCells, flashBox } from '../clock/index.ts';
import { Lettering } from './lettering.ts';
import { allocatePicture, copyPicture, fillDisc, fillRect, type Picture, yuv } from './picture.ts';

const INK = 225;
const MUTED = 150;
const ACCENT = yuv(255, 178, 36);
const BLACK = yuv(0, 0, 0);
const WHITE = yuv(255, 255, 255);
const PANEL = yuv(18, 21, 27);
/** 75 % colour bars, in the order of SMPTE RP 219. */
const BARS = (
  [
    [1, 1, 1],
    [1, 1, 0],
    [0, 1, 1],
    [0, 1, 0],
    [1, 0, 1],
    [1, 0, 0],
    [0, 0, 1],
  ] as const
).map(([r, g, b]) => yuv(191 * r, 191 * g, 191 * b));
/** Grain is drawn from a fixed pool at a moving offset: random enough for an encoder, and the same in every run. */
const GRAIN_POOL = 1 << 16;

export type CardMoment = {
  readonly wallMs: number;
  readonly frameNumber: number;
  /** Fraction of the current second, and whether the ball travels right (even seconds). */
  readonly secondFraction: number;
  readonly forward: boolean;
  readonly flash: boolean;
};

export type TestCardOptions = { readonly width: number; readonly height: number; readonly title: string; readonly caption: string };

const two = (value: number): string => String(value).padStart(2, '0');

/** HH:MM:SS.mmm in the machine's time zone: what the watcher's own clock shows. */
export const clockText = (wallMs: number): string => {
  const date = new Date(wallMs);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
};

const dateText = (wallMs: number): string => {
  const date = new Date(wallMs);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
};

export class TestCard {
  readonly #still: Picture;
  readonly #clock: Lettering;
  readonly #small: Lettering;
  readonly #grain = new Uint8Array(GRAIN_POOL);

  constructor({ width, height, title, caption }: TestCardOptions) {
    this.#still = allocatePicture(width, height);
    this.#clock = new Lettering(height * 0.13, 0.72);
    this.#small = new Lettering(height * 0.026, 0.9);
    this.#clock.prepare('0123456789:.');
    this.#small.prepare('0123456789-FRAME');
    this.#paintStill(title, caption);
    let state = 0x2545f491;
    for (let i = 0; i < GRAIN_POOL; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      this.#grain[i] = 40 + ((state >>> 16) & 63);
    }
  }

  #paintStill(title: string, caption: string): void {
    const { width, height } = this.#still;
    for (let y = 0; y < height; y += 2) {
      const depth = y / height;
      fillRect(this.#still, 0, y, width, 2, yuv(14 + 10 * depth, 17 + 14 * depth, 24 + 26 * depth));
    }
    const left = width * 0.06;
    const span = width * 0.88;
    fillRect(this.#still, left, height * 0.06, width * 0.008, height * 0.056, ACCENT);
    const { data, stride } = this.#still.y;
    new Lettering(height * 0.05, 0.85).draw(data, stride, left + width * 0.024, height * 0.063, title, INK);
    this.#small.draw(data, stride, left + span - this.#small.widthOf(caption), height * 0.075, caption, MUTED);
    BARS.forEach((colour, i) => {
      fillRect(this.#still, left + (span * i) / BARS.length, height * 0.15, span / BARS.length, height * 0.2, colour);
    });
    for (let x = 0; x < span; x += 2) {
      const level = Math.round((x / span) * 255);
      fillRect(this.#still, left + x, height * 0.35, 2, height * 0.05, yuv(level, level, level));
    }
    fillRect(this.#still, left, height * 0.782, span, height * 0.06, PANEL);
    const bar = clockBar(width, height);
    const margin = bar.height / 6;
    fillRect(this.#still, bar.x - margin, bar.y - margin, bar.width + 2 * margin, bar.height + 2 * margin, BLACK);
  }

  paint(picture: Picture, moment: CardMoment): void {
    copyPicture(this.#still, picture);
    const { width, height } = picture;
    const { data, stride } = picture.y;
    const left = width * 0.06;
    this.#clock.draw(data, stride, left + height * 0.008, height * 0.478, clockText(moment.wallMs), INK);
    const line = `${dateText(moment.wallMs)}   FRAME ${String(moment.frameNumber).padStart(6, '0')}`;
    this.#small.draw(data, stride, left, height * 0.65, line, MUTED);
    this.#paintGrain(picture, moment.frameNumber);
    const flash = flashBox(width, height);
    fillRect(picture, flash.x, flash.y, flash.width, flash.height, moment.flash ? WHITE : BLACK);
    const radius = height * 0.024;
    const travel = width * 0.88 - 2 * radius;
    const at = moment.forward ? moment.secondFraction : 1 - moment.secondFraction;
    fillDisc(picture, left + radius + travel * at, height * 0.812, radius, ACCENT);
    drawClockCells(data, stride, width, height, moment.wallMs);
  }

  #paintGrain({ y: { data, stride }, width, height }: Picture, frameNumber: number): void {
    const boxWidth = Math.round(width * 0.2);
    const left = Math.round(width * 0.94) - boxWidth;
    const bottom = Math.round(height * 0.77);
    for (let y = Math.round(height * 0.69); y < bottom; y++) {
      const from = ((frameNumber * 7919 + y * 641) * 31) % (GRAIN_POOL - boxWidth);
      data.set(this.#grain.subarray(from, from + boxWidth), y * stride + left);
    }
  }
}
