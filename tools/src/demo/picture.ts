// A 4:2:0 picture (BT.709, limited range) to paint on: three planes and the few shapes that the test card is made of.

export type Plane = { readonly data: Uint8Array; readonly stride: number };
export type Picture = { readonly width: number; readonly height: number; readonly y: Plane; readonly u: Plane; readonly v: Plane };
export type Yuv = readonly [y: number, u: number, v: number];

/** BT.709 limited range from 8-bit RGB (ITU-R BT.709-6, table 3). */
export const yuv = (red: number, green: number, blue: number): Yuv => {
  const luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return [
    Math.round(16 + (luma * 219) / 255),
    Math.round(128 + ((blue - luma) / 1.8556) * (224 / 255)),
    Math.round(128 + ((red - luma) / 1.5748) * (224 / 255)),
  ];
};

export const allocatePicture = (width: number, height: number): Picture => ({
  width,
  height,
  y: { data: new Uint8Array(width * height), stride: width },
  u: { data: new Uint8Array((width / 2) * (height / 2)).fill(128), stride: width / 2 },
  v: { data: new Uint8Array((width / 2) * (height / 2)).fill(128), stride: width / 2 },
});

const fillPlane = (plane: Plane, x0: number, y0: number, x1: number, y1: number, value: number): void => {
  for (let y = y0; y < y1; y++) plane.data.fill(value, y * plane.stride + x0, y * plane.stride + x1);
};

/** Fills a rectangle; edges are rounded to even pixels so that chroma and luma agree. */
export const fillRect = (picture: Picture, x: number, y: number, width: number, height: number, [luma, u, v]: Yuv): void => {
  const x0 = 2 * Math.max(0, Math.round(x / 2));
  const y0 = 2 * Math.max(0, Math.round(y / 2));
  const x1 = Math.min(picture.width, 2 * Math.round((x + width) / 2));
  const y1 = Math.min(picture.height, 2 * Math.round((y + height) / 2));
  fillPlane(picture.y, x0, y0, x1, y1, luma);
  fillPlane(picture.u, x0 / 2, y0 / 2, x1 / 2, y1 / 2, u);
  fillPlane(picture.v, x0 / 2, y0 / 2, x1 / 2, y1 / 2, v);
};

/** Fills a disc, without smoothing: it is meant to move. */
export const fillDisc = (picture: Picture, centreX: number, centreY: number, radius: number, colour: Yuv): void => {
  const x0 = Math.round(centreX / 2) * 2;
  const y0 = Math.round(centreY / 2) * 2;
  for (let dy = -Math.floor(radius / 2) * 2; dy < radius; dy += 2) {
    const half = Math.sqrt(Math.max(0, radius * radius - (dy + 1) * (dy + 1)));
    fillRect(picture, x0 - half, y0 + dy, 2 * half, 2, colour);
  }
};

const copyPlane = (from: Plane, to: Plane, width: number, height: number): void => {
  if (from.stride === to.stride) {
    to.data.set(from.data.subarray(0, from.stride * height));
    return;
  }
  for (let y = 0; y < height; y++) to.data.set(from.data.subarray(y * from.stride, y * from.stride + width), y * to.stride);
};

export const copyPicture = (from: Picture, to: Picture): void => {
  copyPlane(from.y, to.y, from.width, from.height);
  copyPlane(from.u, to.u, from.width / 2, from.height / 2);
  copyPlane(from.v, to.v, from.width / 2, from.height / 2);
};
