// Reads an FLV file into messages (FLV 10.1 annex E.2, E.3), for tests with files that other programs wrote.
// Leaves out script data, encryption and the previous-tag sizes, which nobody checks.

import { ByteReader, wallMs } from '@headend/core';
import type { FlvMessage } from './demuxer.ts';

const FILE_HEADER_BYTES = 9;
const PREVIOUS_TAG_SIZE_BYTES = 4;
const TAG_AUDIO = 8;
const TAG_VIDEO = 9;

/** Media messages in file order; the arrival of each is its timestamp. A cut last tag is left out. */
export const readFlvFile = (bytes: Uint8Array): readonly FlvMessage[] => {
  const reader = new ByteReader(bytes, FILE_HEADER_BYTES + PREVIOUS_TAG_SIZE_BYTES);
  const messages: FlvMessage[] = [];
  while (reader.remaining > 0) {
    const type = reader.u8();
    const size = reader.u24();
    const low = reader.u24();
    const timestampMs = (reader.u8() << 24) | low;
    reader.skip(3);
    const body = reader.bytes(size);
    if (reader.overrun) break;
    reader.skip(PREVIOUS_TAG_SIZE_BYTES);
    if (type !== TAG_AUDIO && type !== TAG_VIDEO) continue;
    messages.push({ type: type === TAG_AUDIO ? 'audio' : 'video', timestampMs, body, wallclock: wallMs(timestampMs) });
  }
  return messages;
};
