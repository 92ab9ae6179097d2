// Text for the test card: capitals, digits and a few signs as strokes on a grid 4 wide and 6 high, drawn with round, smooth ends at
// any size. Strokes need no font file on the machine and no text library in the process.

/** Polylines separated by spaces; each point is two digits, x then y (down). A point joined to itself is a dot. */
const STROKES: Readonly<Record<string, string>> = {
  '0': '10-30-41-45-36-16-05-01-10',
  '1': '11-20-26 16-36',
  '2': '01-10-30-41-42-06-46',
  '3': '01-10-30-41-42-33-23 33-44-45-36-16-05',
  '4': '36-30-04-44',
  '5': '40-00-02-32-43-45-36-16-05',
  '6': '41-30-10-01-05-16-36-45-44-33-13-04',
  '7': '00-40-16',
  '8': '10-30-41-42-33-13-02-01-10 33-44-45-36-16-05-04-13',
  '9': '05-16-36-45-41-30-10-01-02-13-33-42',
  A: '06-02-20-42-46 04-44',
  B: '00-30-41-42-33-03 33-44-45-36-06-00',
  C: '41-30-10-01-05-16-36-45',
  D: '00-30-41-45-36-06-00',
  E: '40-00-06-46 03-33',
  F: '40-00-06 03-33',
  G: '41-30-10-01-05-16-36-45-43-23',
  H: '00-06 40-46 03-43',
  I: '10-30 20-26 16-36',
  J: '40-45-36-16-05',
  K: '00-06 40-03-46',
  L: '00-06-46',
  M: '06-00-23-40-46',
  N: '06-00-46-40',
  O: '10-30-41-45-36-16-05-01-10',
  P: '06-00-30-41-42-33-03',
  Q: '10-30-41-45-36-16-05-01-10 24-46',
  R: '06-00-30-41-42-33-03 23-46',
  S: '41-30-10-01-02-13-33-44-45-36-16-05',
  T: '00-40 20-26',
  U: '00-05-16-36-45-40',
  V: '00-26-40',
  W: '00-16-23-36-40',
  X: '00-46 40-06',
  Y: '00-23-40 23-26',
  Z: '00-40-06-46',
  ':': '22-22 25-25',
  '.': '26-26',
  '-': '13-33',
  '+': '13-33 22-24',
  '/': '06-40',
  ' ': '',
};

const GRID_HEIGHT = 6;
const ADVANCE = 5.6;
/** Dots and colons sit in a narrow cell; their strokes are drawn at x = 2, the middle of a full one. */
const NARROW = new Set([':', '.']);
const NARROW_ADVANCE = 2.8;

const advanceOf = (character: string): number => (NARROW.has(character) ? NARROW_ADVANCE : ADVANCE);
const offsetOf = (character: string): number => (NARROW.has(character) ? (NARROW_ADVANCE - ADVANCE) / 2 : 0);

type Segment = readonly [x0: number, y0: number, x1: number, y1: number];

const segmentsOf = (character: string): Segment[] =>
  (STROKES[character] ?? '')
    .split(' ')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const points = line.split('-').map((point) => [Number(point[0]), Number(point[1])] as const);
      return points.slice(1).map(([x1, y1], i): Segment => [points[i]?.[0] ?? x1, points[i]?.[1] ?? y1, x1, y1]);
    });

const distanceTo = (x: number, y: number, [x0, y0, x1, y1]: Segment): number => {
  const dx = x1 - x0;
  const dy = y1 - y0;
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length));
  const offX = x - x0 - along * dx;
  const offY = y - y0 - along * dy;
  return Math.sqrt(offX * offX + offY * offY);
};

type Glyph = { readonly width: number; readonly height: number; readonly coverage: Uint8Array };

/** Lettering of one size. Glyphs are rasterised once, then blended. */
export class Lettering {
  readonly #unit: number;
  readonly #stroke: number;
  readonly #glyphs = new Map<string, Glyph>();

  /** `capHeight` is the height of a capital in pixels; `weight` the stroke width in grid units. */
  constructor(capHeight: number, weight = 0.8) {
    this.#unit = capHeight / GRID_HEIGHT;
    this.#stroke = weight / 2;
  }

  widthOf(text: string): number {
    let units = 0;
    for (const character of text) units += advanceOf(character);
    return Math.round((units - (ADVANCE - 4)) * this.#unit);
  }

  /** Blends `text` in one luma value; x, y is the top left of the first capital. Signs without strokes draw as spaces. */
  draw(plane: Uint8Array, stride: number, x: number, y: number, text: string, luma: number): void {
    const pad = this.#pad;
    let pen = x;
    for (const character of text.toUpperCase()) {
      const left = Math.round(pen + offsetOf(character) * this.#unit);
      blend(plane, stride, left - pad, Math.round(y) - pad, this.#glyph(character, pad), luma);
      pen += advanceOf(character) * this.#unit;
    }
  }

  /** Rasterises ahead of time, so that no frame waits for a glyph. */
  prepare(characters: string): void {
    for (const character of characters) this.#glyph(character, this.#pad);
  }

  get #pad(): number {
    return Math.ceil(this.#stroke * this.#unit) + 1;
  }

  #glyph(character: string, pad: number): Glyph {
    const known = this.#glyphs.get(character);
    if (known !== undefined) return known;
    const segments = segmentsOf(character);
    const width = Math.ceil(4 * this.#unit) + 2 * pad;
    const height = Math.ceil(GRID_HEIGHT * this.#unit) + 2 * pad;
    const coverage = new Uint8Array(width * height);
    for (let y = 0; segments.length > 0 && y < height; y++) {
      for (let x = 0; x < width; x++) {
        const gridX = (x + 0.5 - pad) / this.#unit;
        const gridY = (y + 0.5 - pad) / this.#unit;
        let nearest = Number.POSITIVE_INFINITY;
        for (const segment of segments) nearest = Math.min(nearest, distanceTo(gridX, gridY, segment));
        const edge = (this.#stroke - nearest) * this.#unit + 0.5;
        coverage[y * width + x] = Math.round(255 * Math.min(1, Math.max(0, edge)));
      }
    }
    const glyph = { width, height, coverage };
    this.#glyphs.set(character, glyph);
    return glyph;
  }
}

function blend(plane: Uint8Array, stride: number, left: number, top: number, glyph: Glyph, luma: number): void {
  const { width, height, coverage } = glyph;
  for (let y = 0; y < height; y++) {
    const row = (top + y) * stride + left;
    for (let x = 0; x < width; x++) {
      const alpha = coverage[y * width + x] ?? 0;
      if (alpha === 0 || left + x < 0 || left + x >= stride) continue;
      const under = plane[row + x];
      if (under !== undefined) plane[row + x] = under + (((luma - under) * alpha) >> 8);
    }
  }
}
