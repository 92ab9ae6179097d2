// Where the test card flashes: a square that is white for the first frames of each second, in step with the beep, and black
// otherwise. Shared by the painter and the meter; self-contained like cells.ts, because it also runs inside a page.

export type FlashBox = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

/** The square in a picture of this size; even edges, so that 4:2:0 chroma lines up. */
export function flashBox(width: number, height: number): FlashBox {
  const side = 2 * Math.round(height / 10);
  return { x: 2 * Math.round((width * 0.94 - side) / 2), y: 2 * Math.round((height * 0.47) / 2), width: side, height: side };
}

/** Mean level of the middle of the square, 0 to 255, in a whole picture: RGBA or luma, told apart as in `readClockCells`. */
export function flashLevel(pixels: Uint8Array | Uint8ClampedArray, width: number, height: number, lumaStride?: number): number {
  const channels = lumaStride === undefined && pixels.length >= width * height * 4 ? 4 : 1;
  const stride = channels === 4 ? width * 4 : (lumaStride ?? width);
  const box = flashBox(width, height);
  let sum = 0;
  let count = 0;
  for (let y = box.y + (box.height >> 2); y < box.y + box.height - (box.height >> 2); y += 2) {
    for (let x = box.x + (box.width >> 2); x < box.x + box.width - (box.width >> 2); x += 2) {
      // Green stands for luma in RGBA.
      sum += pixels[y * stride + x * channels + (channels === 4 ? 1 : 0)] ?? 0;
      count += 1;
    }
  }
  return count === 0 ? 0 : sum / count;
}
