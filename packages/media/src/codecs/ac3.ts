// AC-3 and E-AC-3 (ETSI TS 102 366): syncframe headers (§4.3.1, §4.3.2, Annex E.1.2), and the configuration boxes `dac3`
// (Annex F.4) and `dec3` (Annex F.6) made from them, since E-RTMP sends none. The service type (bsmod) of E-AC-3 lies behind
// the mixing metadata and is written as 0, complete main, which is what a live programme is; decoders read it from the frame.

import { BitReader, ByteWriter, ok, type Result, type WireError, wireError } from '@headend/core';

export type Ac3Config = {
  readonly sampleRate: number;
  /** Full-bandwidth channels and LFE. */
  readonly channels: number;
  readonly frameSamples: number;
  /** Payload of `dac3` or `dec3`. */
  readonly box: Uint8Array;
};

const SYNC_WORD = 0x0b77;
const SAMPLE_RATES = [48000, 44100, 32000] as const;
/** Table 5.8: full-bandwidth channels for each acmod. */
const ACMOD_CHANNELS = [2, 1, 2, 3, 3, 4, 4, 5] as const;
const SAMPLES_PER_BLOCK = 256;
const BLOCKS_PER_AC3_FRAME = 6;
/** bsid up to 8 is AC-3, 9 and 10 its half and quarter rates, 11 to 16 E-AC-3. */
const MAX_AC3_BSID = 10;
const MAX_EAC3_BSID = 16;
const LAST_FRAME_SIZE_CODE = 37;
const BLOCKS = [1, 2, 3, 6] as const;
/** numblkscod of a frame at half sample rate, which has no such field. */
const SIX_BLOCKS = 3;
const DEPENDENT = 1;
const RESERVED_TYPE = 3;
const MAX_INDEPENDENT = 8;
const MAX_DEPENDENT = 15;
/** One access unit: eight programmes with their dependents, six one-block frames each, is beyond any encoder. */
const MAX_SYNCFRAMES = 64;

type Channels = { readonly acmod: number; readonly lfe: boolean };

const channelCount = ({ acmod, lfe }: Channels): number => (ACMOD_CHANNELS[acmod] ?? 0) + (lfe ? 1 : 0);

/** cmixlev, surmixlev and dsurmod stand between acmod and lfeon where acmod gives them a meaning (§4.3.2). */
const skipMixLevels = (r: BitReader, acmod: number): void => {
  if ((acmod & 1) === 1 && acmod !== 1) r.skip(2);
  if ((acmod & 4) !== 0) r.skip(2);
  if (acmod === 2) r.skip(2);
};

/**
 * Reads an AC-3 syncframe.
 * ```
 * syncword(16) crc1(16) fscod(2) frmsizecod(6) bsid(5) bsmod(3) acmod(3) [mix levels] lfeon(1)
 * dac3: fscod(2) bsid(5) bsmod(3) acmod(3) lfeon(1) bit_rate_code(5) reserved(5)
 * ```
 */
export const parseAc3Frame = (frame: Uint8Array): Result<Ac3Config, WireError> => {
  const r = new BitReader(frame);
  const sync = r.bits(16);
  r.skip(16);
  const rateCode = r.bits(2);
  const sizeCode = r.bits(6);
  const bsid = r.bits(5);
  const bsmod = r.bits(3);
  const acmod = r.bits(3);
  skipMixLevels(r, acmod);
  const lfe = r.flag();
  if (r.overrun) return wireError('ac3_frame_truncated', 'the AC-3 syncframe header ends early');
  const fullRate = SAMPLE_RATES[rateCode];
  if (sync !== SYNC_WORD) return wireError('ac3_sync', 'the AC-3 syncword is missing', 0);
  if (fullRate === undefined || sizeCode > LAST_FRAME_SIZE_CODE || bsid > MAX_AC3_BSID)
    return wireError('ac3_frame_invalid', 'the AC-3 syncframe header is malformed');
  const sampleRate = fullRate / 2 ** Math.max(0, bsid - 8);
  const box = new ByteWriter(3)
    .u24((rateCode << 22) | (bsid << 17) | (bsmod << 14) | (acmod << 11) | (lfe ? 1 << 10 : 0) | ((sizeCode >> 1) << 5))
    .finish();
  return ok({ sampleRate, channels: channelCount({ acmod, lfe }), frameSamples: BLOCKS_PER_AC3_FRAME * SAMPLES_PER_BLOCK, box });
};

type Eac3Frame = {
  readonly type: number;
  readonly substream: number;
  readonly frameBytes: number;
  readonly rateCode: number;
  readonly sampleRate: number;
  readonly blocks: number;
  readonly acmod: number;
  readonly lfe: boolean;
  readonly bsid: number;
  /** chanmap of a dependent substream, 0 when it has none. */
  readonly channelMap: number;
};

/** dialnorm and compression gain, twice for two mono programmes. */
const skipDialogue = (r: BitReader, acmod: number): void => {
  for (let i = 0; i < (acmod === 0 ? 2 : 1); i++) {
    r.skip(5);
    if (r.flag()) r.skip(8);
  }
};

/** strmtyp(2) substreamid(3) frmsiz(11) fscod(2) numblkscod(2) acmod(3) lfeon(1) bsid(5) … [chanmape(1) chanmap(16)] (§E.1.2.2). */
const readEac3Frame = (data: Uint8Array): Result<Eac3Frame, WireError> => {
  const r = new BitReader(data);
  const sync = r.bits(16);
  const type = r.bits(2);
  const substream = r.bits(3);
  const frameBytes = (r.bits(11) + 1) * 2;
  const rateCode = r.bits(2);
  const reduced = rateCode === 3;
  const blockCode = r.bits(2); // fscod2 when the rate is reduced
  const acmod = r.bits(3);
  const lfe = r.flag();
  const bsid = r.bits(5);
  skipDialogue(r, acmod);
  const channelMap = type === DEPENDENT && r.flag() ? r.bits(16) : 0;
  if (r.overrun) return wireError('eac3_frame_truncated', 'the E-AC-3 syncframe header ends early');
  if (sync !== SYNC_WORD) return wireError('eac3_sync', 'the E-AC-3 syncword is missing', 0);
  const sampleRate = reduced ? (SAMPLE_RATES[blockCode] ?? 0) / 2 : (SAMPLE_RATES[rateCode] ?? 0);
  const blocks = BLOCKS[reduced ? SIX_BLOCKS : blockCode] ?? 0;
  if (type === RESERVED_TYPE || sampleRate === 0 || bsid <= MAX_AC3_BSID || bsid > MAX_EAC3_BSID)
    return wireError('eac3_frame_invalid', 'the E-AC-3 syncframe header is malformed');
  return ok({ type, substream, frameBytes, rateCode, sampleRate, blocks, acmod, lfe, bsid, channelMap });
};

/** The syncframes of one access unit. */
const splitEac3 = (data: Uint8Array): Result<Eac3Frame[], WireError> => {
  const frames: Eac3Frame[] = [];
  let at = 0;
  while (at < data.length) {
    const frame = readEac3Frame(data.subarray(at));
    if (!frame.ok) return frame;
    if (frame.value.frameBytes > data.length - at) return wireError('eac3_frame_truncated', 'an E-AC-3 syncframe is cut off', at);
    if (frames.length === MAX_SYNCFRAMES)
      return wireError('eac3_too_many_frames', `more than ${MAX_SYNCFRAMES} syncframes in one access unit`);
    frames.push(frame.value);
    at += frame.value.frameBytes;
  }
  return ok(frames);
};

type Programme = { readonly main: Eac3Frame; dependents: number; channelLocations: number };

/**
 * chanmap (table E.1.4) numbers Left as bit 0 (MSB) … Lc/Rc 5 … Cvh 12, LFE2 14; chan_loc (table F.6.1) keeps only
 * Lc/Rc … Cvh and LFE2, again most significant bit first.
 */
const channelLocations = (map: number): number => ((map & 0x07f8) >> 2) | ((map & 0x0002) >> 1);

/** Channels that a location in chan_loc stands for, most significant bit first: pairs and singles. */
const LOCATION_CHANNELS = [2, 2, 1, 1, 2, 2, 2, 1, 1] as const;

const locationCount = (locations: number): number =>
  LOCATION_CHANNELS.reduce<number>((sum, channels, i) => sum + ((locations >> (LOCATION_CHANNELS.length - 1 - i)) & 1) * channels, 0);

/** Groups the frames by independent substream; a dependent belongs to the independent one before it. */
const groupProgrammes = (frames: readonly Eac3Frame[]): Programme[] => {
  const programmes: Programme[] = [];
  for (const frame of frames) {
    const last = programmes.at(-1);
    if (frame.type !== DEPENDENT) {
      // Frames of fewer than six blocks repeat the substream until six are complete.
      if (!programmes.some((programme) => programme.main.substream === frame.substream))
        programmes.push({ main: frame, dependents: 0, channelLocations: 0 });
    } else if (last !== undefined) {
      last.dependents = Math.max(last.dependents, frame.substream + 1);
      last.channelLocations |= channelLocations(frame.channelMap);
    }
  }
  return programmes;
};

const bitRateKbits = (frames: readonly Eac3Frame[], main: Eac3Frame, samples: number): number => {
  const bytes = frames.reduce((sum, frame) => sum + frame.frameBytes, 0);
  return Math.min(0x1fff, Math.round((bytes * 8 * main.sampleRate) / samples / 1000));
};

const writeProgramme = (w: ByteWriter, { main, dependents, channelLocations: locations }: Programme): void => {
  w.u8((main.rateCode << 6) | (main.bsid << 1)); // and reserved(1)
  w.u8((main.acmod << 1) | (main.lfe ? 1 : 0)); // after asvc(1) bsmod(3), all zero
  const count = Math.min(dependents, MAX_DEPENDENT);
  if (count === 0) w.u8(0);
  else w.u16((count << 9) | locations);
};

/**
 * Reads one E-AC-3 access unit.
 * ```
 * dec3: data_rate(13) num_ind_sub_minus1(3), then for each: fscod(2) bsid(5) reserved(1) asvc(1) bsmod(3) acmod(3) lfeon(1)
 *       reserved(3) num_dep_sub(4) and chan_loc(9) when there are dependents, else reserved(1)
 * ```
 */
export const parseEac3AccessUnit = (data: Uint8Array): Result<Ac3Config, WireError> => {
  const frames = splitEac3(data);
  if (!frames.ok) return frames;
  const programmes = groupProgrammes(frames.value);
  const first = programmes[0];
  if (first === undefined || programmes.length > MAX_INDEPENDENT)
    return wireError('eac3_frame_invalid', 'the E-AC-3 access unit has no independent substream, or too many');
  const mainFrames = frames.value.filter((frame) => frame.type !== DEPENDENT && frame.substream === first.main.substream);
  const frameSamples = mainFrames.reduce((sum, frame) => sum + frame.blocks, 0) * SAMPLES_PER_BLOCK;
  const w = new ByteWriter(16).u16((bitRateKbits(frames.value, first.main, frameSamples) << 3) | (programmes.length - 1));
  for (const programme of programmes) writeProgramme(w, programme);
  const channels = channelCount(first.main) + locationCount(first.channelLocations);
  return ok({ sampleRate: first.main.sampleRate, channels, frameSamples, box: w.finish() });
};

/** Parses the payload of `dac3`. */
export const parseDac3 = (box: Uint8Array): Result<Ac3Config, WireError> => {
  const r = new BitReader(box);
  const rateCode = r.bits(2);
  const bsid = r.bits(5);
  r.skip(3);
  const acmod = r.bits(3);
  const lfe = r.flag();
  r.skip(10);
  if (r.overrun) return wireError('ac3_config_truncated', 'the AC-3 configuration ends early');
  const fullRate = SAMPLE_RATES[rateCode];
  if (fullRate === undefined || bsid > MAX_AC3_BSID) return wireError('ac3_config_invalid', 'the AC-3 configuration is malformed');
  const sampleRate = fullRate / 2 ** Math.max(0, bsid - 8);
  return ok({ sampleRate, channels: channelCount({ acmod, lfe }), frameSamples: BLOCKS_PER_AC3_FRAME * SAMPLES_PER_BLOCK, box });
};

/** Parses the payload of `dec3`: its first programme. */
export const parseDec3 = (box: Uint8Array): Result<Ac3Config, WireError> => {
  const r = new BitReader(box);
  r.skip(13 + 3);
  const sampleRate = SAMPLE_RATES[r.bits(2)];
  r.skip(5 + 1 + 1 + 3);
  const acmod = r.bits(3);
  const lfe = r.flag();
  r.skip(3);
  const dependents = r.bits(4);
  const locations = dependents > 0 ? r.bits(9) : 0;
  if (dependents === 0) r.skip(1);
  if (r.overrun) return wireError('eac3_config_truncated', 'the E-AC-3 configuration ends early');
  // fscod 3 hides the rate in the frames; such half-rate streams must bring a frame.
  if (sampleRate === undefined) return wireError('eac3_config_invalid', 'the E-AC-3 configuration does not tell the sampling rate');
  const channels = channelCount({ acmod, lfe }) + locationCount(locations);
  return ok({ sampleRate, channels, frameSamples: BLOCKS_PER_AC3_FRAME * SAMPLES_PER_BLOCK, box });
};
