// From what encoders emit to what a Frame holds: Annex B start codes become 4-byte lengths (H.264 Annex B, HEVC Annex B), parameter
// sets and delimiters go (they are in the track's config), and AV1 temporal delimiters go (AV1 section 5.6). Only for the output of
// our own encoders: it trusts its input to be a whole access unit of a stereo or mono signal.

import { ByteWriter } from '@headend/core';
import type { DemoVideoCodec } from './options.ts';

/** Start offsets and ends of NAL unit payloads in an Annex B byte stream. */
export const nalUnits = (stream: Uint8Array): Uint8Array[] => {
  const units: Uint8Array[] = [];
  let start = -1;
  for (let i = 0; i + 2 < stream.length; i++) {
    if (stream[i] !== 0 || stream[i + 1] !== 0 || stream[i + 2] !== 1) continue;
    if (start >= 0) units.push(withoutTrailingZeros(stream.subarray(start, i)));
    start = i + 3;
    i += 2;
  }
  if (start >= 0) units.push(stream.subarray(start));
  return units;
};

const withoutTrailingZeros = (unit: Uint8Array): Uint8Array => {
  let end = unit.length;
  while (end > 0 && unit[end - 1] === 0) end -= 1;
  return unit.subarray(0, end);
};

/** H.264 table 7-1: SPS 7, PPS 8, AUD 9. HEVC table 7-1: VPS 32, SPS 33, PPS 34, AUD 35. */
const isConfiguration = (codec: 'h264' | 'hevc', unit: Uint8Array): boolean => {
  const first = unit[0] ?? 0;
  const type = codec === 'h264' ? first & 0x1f : (first >> 1) & 0x3f;
  return codec === 'h264' ? type >= 7 && type <= 9 : type >= 32 && type <= 35;
};

const OBU_TEMPORAL_DELIMITER = Uint8Array.of(0x12, 0x00);

/** The Frame payload of one encoded picture (a copy: encoders reuse their buffers). */
export const framePayload = (codec: DemoVideoCodec, packet: Uint8Array): Uint8Array => {
  if (codec === 'av1') {
    const delimited = packet[0] === OBU_TEMPORAL_DELIMITER[0] && packet[1] === OBU_TEMPORAL_DELIMITER[1];
    return Uint8Array.from(delimited ? packet.subarray(2) : packet);
  }
  const writer = new ByteWriter(packet.length + 64);
  for (const unit of nalUnits(packet)) {
    if (unit.length > 0 && !isConfiguration(codec, unit)) writer.u32(unit.length).bytes(unit);
  }
  return writer.finish();
};
