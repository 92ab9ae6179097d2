// Where the test card flashes: a square that is white for the first frames of each second, in step with the beep, and black
// otherwise. Shared by the painter and the meter; self-contained like cells.ts, because it also runs inside a page.

export type FlashBox = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

/** The square in a picture of this size; even edges, so that 4:2:0 chroma lines up. */
export function flashBox(width: number, height: number): FlashBox {
  const side = 2 * Math.round(height / 10);
  return { x: 2 * Math.round((width * 0.94 - side) / 2), y: 2 * Math.round((height * 0.47) / 2), width: side, height: side };
}

/** Mean of the middle of the square, 0 to 255, in a picture of RGBA pixels. */
export function flashLevel(rgba: Uint8Array | Uint8ClampedArray, width: number, height: number): number {
  let sum = 0;
  let count = 0;
  for (let y = Math.floor(height / 4); y < Math.ceil((height * 3) / 4); y++) {
    for (let x = Math.floor(width / 4); x < Math.ceil((width * 3) / 4); x++) {
      sum += rgba[(y * width + x) * 4 + 1] ?? 0;
      count += 1;
    }
  }
  return count === 0 ? 0 : sum / count;
}
