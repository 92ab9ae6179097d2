// The burned-in clock: a bar of black and white cells at the foot of the picture that carries wall-clock milliseconds, so that a
// meter can subtract "drawn at" from "shown at" on any player. Two rows of 36 cells: 4 sync cells and 32 data cells each; the 64
// data bits are a 48-bit epoch time and a CRC-16 (CCITT, as ITU-T X.25 without reflection). Cell geometry is a fraction of the
// picture, so a reader needs no knowledge of scaling. The file is self-contained (no imports): the meter also runs it inside a page.

const ROWS = 2;
const CELLS_PER_ROW = 36;
const SYNC_CELLS = 4;
/** The bar's place as a fraction of the picture: 2 of 40 columns are margin on either side; each row is 1/30 of the height. */
const COLUMNS = 40;
const MARGIN_COLUMNS = 2;
const LINES = 30;
const BAR_TOP_LINE = 27.5;

/** Alternating one way in the first row and the other way in the second: flat areas and most pictures fail here. */
const SYNC: readonly (readonly number[])[] = [
  [1, 0, 1, 0],
  [0, 1, 0, 1],
];
const TIME_BITS = 48;
const CRC_BITS = 16;
const MAX_TIME = 2 ** TIME_BITS - 1;

const BLACK = 16;
const WHITE = 235;
/** White must exceed black by this much, or there is no bar here. */
const MIN_CONTRAST = 48;

export type ClockBar = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
export type ClockReading = { readonly wallMs: number };

/** The rectangle of the cells in a picture of this size. */
export function clockBar(width: number, height: number): ClockBar {
  const x = Math.round((MARGIN_COLUMNS * width) / COLUMNS);
  const y = Math.round((BAR_TOP_LINE * height) / LINES);
  return {
    x,
    y,
    width: Math.round(((MARGIN_COLUMNS + CELLS_PER_ROW) * width) / COLUMNS) - x,
    height: Math.round(((BAR_TOP_LINE + ROWS) * height) / LINES) - y,
  };
}

/** CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF) over bits, most significant first. */
function crc16(bits: readonly number[]): number {
  let crc = 0xffff;
  for (const bit of bits) {
    const top = ((crc >> 15) & 1) ^ bit;
    crc = (crc << 1) & 0xffff;
    if (top === 1) crc ^= 0x1021;
  }
  return crc;
}

function bitsOf(value: number, count: number): number[] {
  const bits: number[] = [];
  for (let i = count - 1; i >= 0; i--) bits.push(Math.floor(value / 2 ** i) % 2);
  return bits;
}

function numberOf(bits: readonly number[]): number {
  let value = 0;
  for (const bit of bits) value = value * 2 + bit;
  return value;
}

/** The 72 cells for a time, row by row; 1 is white. */
function cellsOf(wallMs: number): number[] {
  const time = bitsOf(Math.min(MAX_TIME, Math.max(0, Math.floor(wallMs))), TIME_BITS);
  const data = [...time, ...bitsOf(crc16(time), CRC_BITS)];
  const perRow = CELLS_PER_ROW - SYNC_CELLS;
  return SYNC.flatMap((sync, row) => [...sync, ...data.slice(row * perRow, (row + 1) * perRow)]);
}

/** Paints the cells into a luma plane (limited range). The caller keeps chroma neutral under `clockBar`. */
export function drawClockCells(plane: Uint8Array, stride: number, width: number, height: number, wallMs: number): void {
  const cells = cellsOf(wallMs);
  for (let row = 0; row < ROWS; row++) {
    const top = Math.round(((BAR_TOP_LINE + row) * height) / LINES);
    const bottom = Math.round(((BAR_TOP_LINE + row + 1) * height) / LINES);
    for (let column = 0; column < CELLS_PER_ROW; column++) {
      const left = Math.round(((MARGIN_COLUMNS + column) * width) / COLUMNS);
      const right = Math.round(((MARGIN_COLUMNS + column + 1) * width) / COLUMNS);
      const value = cells[row * CELLS_PER_ROW + column] === 1 ? WHITE : BLACK;
      for (let y = top; y < bottom; y++) plane.fill(value, y * stride + left, y * stride + right);
    }
  }
}

/** Mean of the middle half of a cell, so that ringing and scaling at its edges do not count. */
function meanOf(
  pixels: Uint8Array | Uint8ClampedArray,
  channels: number,
  stride: number,
  left: number,
  top: number,
  cellWidth: number,
  cellHeight: number,
): number {
  const x0 = Math.floor(left + cellWidth / 4);
  const x1 = Math.max(x0 + 1, Math.floor(left + (cellWidth * 3) / 4));
  const y0 = Math.floor(top + cellHeight / 4);
  const y1 = Math.max(y0 + 1, Math.floor(top + (cellHeight * 3) / 4));
  let sum = 0;
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const at = y * stride + x * channels;
      sum += channels === 1 ? (pixels[at] ?? 0) : ((pixels[at] ?? 0) + 2 * (pixels[at + 1] ?? 0) + (pixels[at + 2] ?? 0)) / 4;
    }
  }
  return sum / ((x1 - x0) * (y1 - y0));
}

function decodeCells(means: readonly number[]): ClockReading | undefined {
  let white = 0;
  let black = 0;
  SYNC.forEach((sync, row) => {
    sync.forEach((bit, column) => {
      const mean = means[row * CELLS_PER_ROW + column] ?? 0;
      if (bit === 1) white += mean;
      else black += mean;
    });
  });
  const perLevel = (ROWS * SYNC_CELLS) / 2;
  if ((white - black) / perLevel < MIN_CONTRAST) return undefined;
  const threshold = (white + black) / (2 * perLevel);
  const bits = means.map((mean) => (mean > threshold ? 1 : 0));
  const data: number[] = [];
  for (let row = 0; row < ROWS; row++) {
    const start = row * CELLS_PER_ROW;
    if (SYNC[row]?.some((bit, column) => bits[start + column] !== bit)) return undefined;
    data.push(...bits.slice(start + SYNC_CELLS, start + CELLS_PER_ROW));
  }
  const time = data.slice(0, TIME_BITS);
  if (crc16(time) !== numberOf(data.slice(TIME_BITS))) return undefined;
  return { wallMs: numberOf(time) };
}

/**
 * Reads the bar from a whole picture, RGBA or luma (told apart by its length). Undefined when there is no intact bar.
 * `lumaStride` is for luma planes whose rows are padded.
 */
export function readClockCells(
  pixels: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  lumaStride?: number,
): ClockReading | undefined {
  const channels = lumaStride === undefined && pixels.length >= width * height * 4 ? 4 : 1;
  const stride = channels === 4 ? width * 4 : (lumaStride ?? width);
  const left = (MARGIN_COLUMNS * width) / COLUMNS;
  const top = (BAR_TOP_LINE * height) / LINES;
  return readRegion(pixels, channels, stride, left, top, width / COLUMNS, height / LINES);
}

function readRegion(
  pixels: Uint8Array | Uint8ClampedArray,
  channels: number,
  stride: number,
  left: number,
  top: number,
  cellWidth: number,
  cellHeight: number,
): ClockReading | undefined {
  const means: number[] = [];
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < CELLS_PER_ROW; column++) {
      means.push(meanOf(pixels, channels, stride, left + column * cellWidth, top + row * cellHeight, cellWidth, cellHeight));
    }
  }
  return decodeCells(means);
}
