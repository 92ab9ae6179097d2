// VP9 and VP8 as containers see them: VPCodecConfigurationRecord (VP Codec ISO Media File Format Binding §2.3), the codecs
// parameter (§3 there), and the frame headers (VP9 bitstream specification §6.2; RFC 6386 §9.1) as far as key frames and size.

import { BitReader, ByteReader, ByteWriter, ok, type Result, type WireError, wireError } from '@headend/core';
import { plausibleDimensions } from './vui.ts';

export type VpConfig = {
  readonly profile: number;
  /** Level times ten (31 is level 3.1); 0 when the encoder did not say. */
  readonly level: number;
  readonly bitDepth: number;
  /** 0 4:2:0 vertical, 1 4:2:0 collocated, 2 4:2:2, 3 4:4:4. */
  readonly chromaSubsampling: number;
  readonly fullRange: boolean;
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
};

const FULL_BOX_HEADER_BYTES = 4;
const RECORD_BYTES = 8;
const VERSION = 1;
const MAX_PROFILE = 3;
const BIT_DEPTHS: ReadonlySet<number> = new Set([8, 10, 12]);

/** version(8) flags(24) stand before the record in ISO BMFF; E-RTMP senders differ. A bit depth of 0 cannot start a bare record's third byte. */
const hasFullBoxHeader = (config: Uint8Array): boolean =>
  config.length >= FULL_BOX_HEADER_BYTES + RECORD_BYTES &&
  (config[0] ?? 0) <= VERSION &&
  config[1] === 0 &&
  config[2] === 0 &&
  config[3] === 0;

/** Parses the payload of `vpcC`, with or without the FullBox version and flags. */
export const parseVpConfig = (config: Uint8Array): Result<VpConfig, WireError> => {
  const r = new ByteReader(config, hasFullBoxHeader(config) ? FULL_BOX_HEADER_BYTES : 0);
  const profile = r.u8();
  const level = r.u8();
  const packed = r.u8();
  const primaries = r.u8();
  const transfer = r.u8();
  const matrix = r.u8();
  r.u16(); // codecInitializationDataSize: 0 for VP8 and VP9
  if (r.overrun) return wireError('vp_config_truncated', 'the VP configuration record ends early');
  const bitDepth = packed >> 4;
  if (profile > MAX_PROFILE || !BIT_DEPTHS.has(bitDepth))
    return wireError('vp_config_invalid', 'the profile or bit depth of the VP configuration record does not exist');
  const picture = { bitDepth, chromaSubsampling: (packed >> 1) & 7, fullRange: (packed & 1) === 1 };
  return ok({ profile, level, ...picture, primaries, transfer, matrix });
};

/** Payload of `vpcC`, FullBox version and flags included. */
export const writeVpConfig = (config: VpConfig): Uint8Array =>
  new ByteWriter(FULL_BOX_HEADER_BYTES + RECORD_BYTES)
    .u8(VERSION)
    .u24(0)
    .u8(config.profile)
    .u8(config.level)
    .u8((config.bitDepth << 4) | (config.chromaSubsampling << 1) | (config.fullRange ? 1 : 0))
    .u8(config.primaries)
    .u8(config.transfer)
    .u8(config.matrix)
    .u16(0)
    .finish();

/** Level × 10 and its largest picture in luma samples (VP9 levels, table of the WebM project). */
const VP9_LEVELS: readonly (readonly [number, number])[] = [
  [10, 36864],
  [11, 73728],
  [20, 122880],
  [21, 245760],
  [30, 552960],
  [31, 983040],
  [40, 2228224],
  [51, 8912896],
  [62, 35651584],
];

/** The lowest level whose pictures are large enough; frame rate and bitrate are not known here. */
export const vp9LevelForSize = (width: number, height: number): number =>
  VP9_LEVELS.find(([, samples]) => width * height <= samples)?.[0] ?? 62;

const two = (value: number): string => value.toString().padStart(2, '0');

/** `vp09.PP.LL.DD`, with the tail `.CC.cp.tc.mc.FF` only when it differs from its defaults (4:2:0 collocated, BT.709, limited). */
export const vpCodecString = (codec: 'vp8' | 'vp9', config: VpConfig): string => {
  const base = `${codec === 'vp9' ? 'vp09' : 'vp08'}.${two(config.profile)}.${two(config.level)}.${two(config.bitDepth)}`;
  const { primaries: p, transfer: t, matrix: m } = config;
  const plainColour = [p, t, m].every((point) => point === 1) || [p, t, m].every((point) => point === 2);
  if (plainColour && config.chromaSubsampling <= 1 && !config.fullRange) return base;
  return `${base}.${two(config.chromaSubsampling)}.${two(p)}.${two(t)}.${two(m)}.${config.fullRange ? '01' : '00'}`;
};

export type VpFrameHeader = { readonly key: false } | { readonly key: true; readonly width: number; readonly height: number };

const VP9_FRAME_MARKER = 2;
const VP9_SYNC_CODE = 0x498342;
const VP9_SRGB = 7;

const INTER_FRAME = ok({ key: false } as const);

/** Bit depth, colour space and subsampling (§6.2.2). */
const skipVp9Colour = (r: BitReader, profile: number): void => {
  if (profile >= 2) r.skip(1); // ten_or_twelve_bit
  const alternate = (profile & 1) === 1;
  if (r.bits(3) === VP9_SRGB) {
    if (alternate) r.skip(1);
    return;
  }
  r.skip(1); // color_range
  if (alternate) r.skip(3);
};

/** uncompressed_header() of the first frame in the packet, as far as the size. */
export const parseVp9FrameHeader = (data: Uint8Array): Result<VpFrameHeader, WireError> => {
  const r = new BitReader(data);
  if (r.bits(2) !== VP9_FRAME_MARKER) return wireError('vp9_frame_marker', 'the VP9 frame marker is missing', 0);
  const profile = r.bit() + r.bit() * 2;
  if (profile === MAX_PROFILE) r.skip(1);
  if (r.flag()) return INTER_FRAME; // show_existing_frame
  const inter = r.flag();
  r.skip(2); // show_frame, error_resilient_mode
  if (r.overrun) return wireError('vp9_frame_truncated', 'the VP9 frame header ends early');
  if (inter) return INTER_FRAME;
  if (r.bits(24) !== VP9_SYNC_CODE) return wireError('vp9_sync_code', 'the VP9 sync code is missing');
  skipVp9Colour(r, profile);
  const width = r.bits(16) + 1;
  const height = r.bits(16) + 1;
  if (r.overrun) return wireError('vp9_frame_truncated', 'the VP9 frame header ends early');
  return plausibleDimensions(width, height)
    ? ok({ key: true, width, height })
    : wireError('vp9_dimensions', `a picture of ${width}×${height} is not possible`);
};

const VP8_START_CODE = 0x9d012a;

/** Frame tag and key frame start (RFC 6386 §9.1). */
export const parseVp8FrameHeader = (data: Uint8Array): Result<VpFrameHeader, WireError> => {
  const r = new ByteReader(data);
  const tag = r.u8();
  r.skip(2); // the rest of first_part_size
  if (r.overrun) return wireError('vp8_frame_truncated', 'the VP8 frame tag ends early');
  if ((tag & 1) === 1) return INTER_FRAME;
  const startCode = r.u24();
  // Two little-endian fields of 14 bits size and 2 bits scale.
  const width = r.u8() | ((r.u8() & 0x3f) << 8);
  const height = r.u8() | ((r.u8() & 0x3f) << 8);
  if (r.overrun) return wireError('vp8_frame_truncated', 'the VP8 key frame header ends early');
  if (startCode !== VP8_START_CODE) return wireError('vp8_start_code', 'the VP8 start code is missing', 3);
  return plausibleDimensions(width, height)
    ? ok({ key: true, width, height })
    : wireError('vp8_dimensions', `a picture of ${width}×${height} is not possible`);
};
