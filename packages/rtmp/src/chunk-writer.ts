// Messages to chunks (Adobe RTMP 1.0, sections 5.3.1 to 5.3.2): fmt 0 for the first message of a chunk stream, after a step back
// and for another message stream; fmt 1 otherwise; fmt 3 for continuations, with the extended timestamp repeated, as FFmpeg and
// Flash do. Chunk stream ids stay below 64, so that the basic header is one byte.

import { invariant } from '@headend/core';
import { EXTENDED_TIMESTAMP } from './chunk-header.ts';
import { DEFAULT_CHUNK_SIZE } from './chunk-reader.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import { MessageType, type RtmpMessage } from './message.ts';

const MAX_FORWARD_STEP = 0x7fffffff;

type Written = { readonly timestamp: number; readonly msid: number };

export class ChunkWriter {
  readonly #streams = new Map<number, Written>();
  #chunkSize = DEFAULT_CHUNK_SIZE;

  get chunkSize(): number {
    return this.#chunkSize;
  }

  /** One message as wire bytes. A Set Chunk Size message bears on everything after it. */
  write(message: RtmpMessage): Uint8Array {
    const { csid, body } = message;
    invariant(csid >= 2 && csid < 64, 'chunk stream ids are 2 to 63 here');
    invariant(body.length <= MAX_MESSAGE_BYTES, 'a message is at most 16 MiB');
    const timestamp = message.timestamp >>> 0;
    const last = this.#streams.get(csid);
    const delta = last === undefined ? 0 : (timestamp - last.timestamp) >>> 0;
    const fmt = last === undefined || last.msid !== message.msid || delta > MAX_FORWARD_STEP ? 0 : 1;
    this.#streams.set(csid, { timestamp, msid: message.msid });
    const bytes = this.#layOut(message, fmt, fmt === 0 ? timestamp : delta);
    if (message.type === MessageType.setChunkSize) {
      this.#chunkSize = new DataView(body.buffer, body.byteOffset, body.byteLength).getUint32(0);
      invariant(this.#chunkSize > 0 && this.#chunkSize <= MAX_MESSAGE_BYTES, 'chunk size out of range');
    }
    return bytes;
  }

  #layOut(message: RtmpMessage, fmt: 0 | 1, field: number): Uint8Array {
    const { body } = message;
    const extension = field >= EXTENDED_TIMESTAMP ? 4 : 0;
    const continuations = Math.max(0, Math.ceil(body.length / this.#chunkSize) - 1);
    const header = 1 + (fmt === 0 ? 11 : 7) + extension;
    const out = new Uint8Array(header + body.length + continuations * (1 + extension));
    const view = new DataView(out.buffer);
    writeHeader(view, message, fmt, field);
    out.set(body.subarray(0, this.#chunkSize), header);
    let at = header + Math.min(body.length, this.#chunkSize);
    for (let from = this.#chunkSize; from < body.length; from += this.#chunkSize) {
      view.setUint8(at, 0xc0 | message.csid);
      if (extension > 0) view.setUint32(at + 1, field);
      const part = body.subarray(from, from + this.#chunkSize);
      out.set(part, at + 1 + extension);
      at += 1 + extension + part.length;
    }
    return out;
  }
}

const writeU24 = (view: DataView, at: number, value: number): void => {
  view.setUint16(at, value >> 8);
  view.setUint8(at + 2, value & 0xff);
};

const writeHeader = (view: DataView, message: RtmpMessage, fmt: 0 | 1, field: number): void => {
  view.setUint8(0, (fmt << 6) | message.csid);
  writeU24(view, 1, Math.min(field, EXTENDED_TIMESTAMP));
  writeU24(view, 4, message.body.length);
  view.setUint8(7, message.type);
  if (fmt === 0) view.setUint32(8, message.msid, true);
  if (field >= EXTENDED_TIMESTAMP) view.setUint32(fmt === 0 ? 12 : 8, field);
};
