// Box building blocks of ISO/IEC 14496-12 clause 4.2: u32 size + four-cc, FullBox adds u8 version + u24 flags.
// For init segments, which are written once per configuration; the chunk writer of the hot path computes its sizes instead.

import type { ByteWriter } from '@headend/core';

/** Writes a box: the size is patched in once the body is known. */
export const box = (writer: ByteWriter, type: string, body: (writer: ByteWriter) => void): void => {
  const start = writer.length;
  writer.u32(0).ascii(type);
  body(writer);
  writer.patchU32(start, writer.length - start);
};

export const fullBox = (writer: ByteWriter, type: string, version: number, flags: number, body: (writer: ByteWriter) => void): void =>
  box(writer, type, (inner) => {
    inner.u8(version).u24(flags);
    body(inner);
  });

/** A box that holds exactly `payload`. */
export const rawBox = (writer: ByteWriter, type: string, payload: Uint8Array): void => {
  writer.u32(8 + payload.length).ascii(type);
  writer.bytes(payload);
};
