// FLAC: STREAMINFO (RFC 9639 §8.2), FLACSpecificBox `dfLa` (FLAC in ISO BMFF §3.3.2) and the block size of a frame header
// (RFC 9639 §9.1). Leaves out every other metadata block.

import { BitReader, ByteReader, ByteWriter, ok, type Result, type WireError, wireError } from '@headend/core';

export type FlacConfig = {
  readonly minBlockSamples: number;
  readonly maxBlockSamples: number;
  readonly sampleRate: number;
  readonly channels: number;
  readonly bitsPerSample: number;
  /** The 34 bytes of STREAMINFO. */
  readonly streamInfo: Uint8Array;
};

const MAGIC = 0x664c6143; // "fLaC"
const BLOCK_STREAMINFO = 0;
const STREAMINFO_BYTES = 34;
/** last-metadata-block flag(1) block type(7) */
const LAST_BLOCK = 0x80;
const MIN_BLOCK_SAMPLES = 16;

const parseStreamInfo = (streamInfo: Uint8Array): Result<FlacConfig, WireError> => {
  if (streamInfo.length !== STREAMINFO_BYTES) return wireError('flac_config_truncated', 'the FLAC stream info ends early');
  const r = new BitReader(streamInfo);
  const minBlockSamples = r.bits(16);
  const maxBlockSamples = r.bits(16);
  r.skip(24 + 24); // smallest and largest frame in bytes
  const sampleRate = r.bits(20);
  const channels = r.bits(3) + 1;
  const bitsPerSample = r.bits(5) + 1;
  if (sampleRate === 0 || bitsPerSample < 4 || minBlockSamples < MIN_BLOCK_SAMPLES || maxBlockSamples < minBlockSamples)
    return wireError('flac_config_invalid', 'the FLAC stream info contradicts itself');
  return ok({ minBlockSamples, maxBlockSamples, sampleRate, channels, bitsPerSample, streamInfo });
};

/** STREAMINFO is the first metadata block, always. */
const readStreamInfoBlock = (r: ByteReader): Result<FlacConfig, WireError> => {
  const type = r.u8() & 0x7f;
  const size = r.u24();
  if (r.overrun) return wireError('flac_config_truncated', 'the FLAC metadata block header ends early');
  if (type !== BLOCK_STREAMINFO) return wireError('flac_config_block', 'the first FLAC metadata block is not the stream info');
  return size === STREAMINFO_BYTES
    ? parseStreamInfo(r.bytes(size))
    : wireError('flac_config_block', `a FLAC stream info has ${STREAMINFO_BYTES} bytes, not ${size}`);
};

/** "fLaC" and metadata blocks, as E-RTMP and FLAC files start. */
export const parseFlacHeader = (data: Uint8Array): Result<FlacConfig, WireError> => {
  const r = new ByteReader(data);
  if (r.u32() !== MAGIC) return wireError('flac_config_magic', 'the fLaC signature is missing', 0);
  return readStreamInfoBlock(r);
};

/** Parses the payload of `dfLa`, FullBox version and flags included. */
export const parseDfla = (data: Uint8Array): Result<FlacConfig, WireError> => {
  const r = new ByteReader(data);
  if (r.u32() !== 0) return wireError('flac_dfla_version', 'the FLAC configuration is not version 0', 0);
  return readStreamInfoBlock(r);
};

const writeBlock = (w: ByteWriter, config: FlacConfig): Uint8Array =>
  w
    .u8(LAST_BLOCK | BLOCK_STREAMINFO)
    .u24(STREAMINFO_BYTES)
    .bytes(config.streamInfo)
    .finish();

/** Payload of `dfLa`: version and flags, then STREAMINFO as the last metadata block. */
export const writeDfla = (config: FlacConfig): Uint8Array => writeBlock(new ByteWriter(48).u32(0), config);

/** "fLaC" and STREAMINFO, for E-RTMP output. */
export const writeFlacHeader = (config: FlacConfig): Uint8Array => writeBlock(new ByteWriter(48).u32(MAGIC), config);

const FRAME_SYNC = 0x7ffc; // fifteen bits, then the blocking strategy
const FRAME_HEAD_BYTES = 4;
const MAX_CODED_NUMBER_BYTES = 7;

/** Length of the UTF-8-like coded frame or sample number (§9.1.5), 0 when malformed. */
const codedNumberBytes = (first: number): number => {
  if (first < 0x80) return 1;
  const ones = Math.clz32(~(first << 24));
  return ones >= 2 && ones <= MAX_CODED_NUMBER_BYTES ? ones : 0;
};

/** Samples in one frame: sync(15) strategy(1) blocksize(4) rate(4) channels(4) depth(3) reserved(1) number(8…56) [size(8/16)]. */
export const flacFrameSamples = (frame: Uint8Array): Result<number, WireError> => {
  const r = new ByteReader(frame);
  const sync = r.u16() >> 1;
  const code = r.u8() >> 4;
  r.u8();
  const numberBytes = codedNumberBytes(r.u8());
  if (r.overrun) return wireError('flac_frame_truncated', 'the FLAC frame header ends early');
  if (sync !== FRAME_SYNC || code === 0 || numberBytes === 0)
    return wireError('flac_frame_invalid', 'the FLAC frame header is malformed', 0);
  if (code === 1) return ok(192);
  if (code <= 5) return ok(144 << code);
  if (code >= 8) return ok(1 << code);
  const at = new ByteReader(frame, FRAME_HEAD_BYTES + numberBytes);
  const samples = (code === 6 ? at.u8() : at.u16()) + 1;
  return at.overrun ? wireError('flac_frame_truncated', 'the FLAC frame header ends early') : ok(samples);
};
