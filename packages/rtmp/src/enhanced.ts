// Enhanced RTMP v2 (Veovera, 2026-01-31-r2): what client and server tell each other in `connect`, and which message bodies carry
// no frame. Bodies themselves belong to @headend/media. What a client advertises never gates what it may send: OBS announces
// nothing and sends HEVC, AV1 and multitrack.

import { type AmfObject, type AmfValue, amfObject, isAmfArray, isAmfObject, numberProperty } from './amf-value.ts';
import { MAX_FOURCCS } from './limits.ts';

export const CapsEx = { reconnect: 1, multitrack: 2, modEx: 4, timestampNanoOffset: 8 } as const;
const FourCcInfo = { canDecode: 1, canEncode: 2, canForward: 4 } as const;

export const videoFourCcs = ['avc1', 'hvc1', 'av01', 'vp09', 'vp08'] as const;
export const audioFourCcs = ['mp4a', '.mp3', 'Opus', 'fLaC', 'ac-3', 'ec-3'] as const;

const FOURCC_LENGTH = 4;

export type ClientCapabilities = { readonly flashVer: string; readonly fourCcs: readonly string[]; readonly capsEx: number };

const isFourCc = (value: AmfValue): value is string => typeof value === 'string' && (value === '*' || value.length === FOURCC_LENGTH);

/** fourCcList and the newer info maps together, without repetition. */
export const clientCapabilities = (connect: AmfObject): ClientCapabilities => {
  const list = connect.get('fourCcList');
  const maps = ['videoFourCcInfoMap', 'audioFourCcInfoMap'].map((key) => connect.get(key)).filter(isAmfObject);
  const names = [...(isAmfArray(list) ? list : []), ...maps.flatMap((map) => [...map.keys()])];
  const flashVer = connect.get('flashVer');
  return {
    flashVer: typeof flashVer === 'string' ? flashVer.slice(0, 128) : '',
    fourCcs: [...new Set(names.filter(isFourCc))].slice(0, MAX_FOURCCS),
    capsEx: (numberProperty(connect, 'capsEx') ?? 0) & 0xff,
  };
};

const infoMap = (fourCcs: readonly string[], mask: number): AmfObject => new Map(fourCcs.map((fourCc) => [fourCc, mask]));

/** The enhanced fields of our `_result`: everything is forwarded. */
export const serverCapabilities = (): Readonly<Record<string, AmfValue>> => ({
  capsEx: CapsEx.reconnect | CapsEx.multitrack | CapsEx.modEx | CapsEx.timestampNanoOffset,
  fourCcList: [...videoFourCcs, ...audioFourCcs],
  videoFourCcInfoMap: infoMap(videoFourCcs, FourCcInfo.canForward),
  audioFourCcInfoMap: infoMap(audioFourCcs, FourCcInfo.canForward),
});

/** The enhanced fields of our publisher's `connect`. */
export const publisherCapabilities = (): Readonly<Record<string, AmfValue>> => ({
  capsEx: CapsEx.reconnect | CapsEx.multitrack | CapsEx.modEx,
  fourCcList: [...videoFourCcs, ...audioFourCcs],
  videoFourCcInfoMap: infoMap(videoFourCcs, FourCcInfo.canEncode),
  audioFourCcInfoMap: infoMap(audioFourCcs, FourCcInfo.canEncode),
});

/** ReconnectRequest as the status object of an onStatus on message stream 0. */
export const reconnectStatus = (tcUrl: string | undefined, description: string | undefined): AmfObject =>
  amfObject({
    level: 'status',
    code: 'NetConnection.Connect.ReconnectRequest',
    description: description ?? 'Please reconnect.',
    ...(tcUrl === undefined ? {} : { tcUrl }),
  });

const MULTITRACK_VIDEO = 6;
const MULTITRACK_AUDIO = 5;
/** Packet types of ExVideo and ExAudio headers without coded media: SequenceStart, SequenceEnd, Metadata or MultichannelConfig, MPEG2TSSequenceStart. */
const EX_VIDEO_WITHOUT_FRAME: readonly number[] = [0, 2, 4, 5];
const EX_AUDIO_WITHOUT_FRAME: readonly number[] = [0, 2, 4];
/** AVCPacketTypes of the sequence header and of its end; 1 is coded NAL units. */
const AVC_WITHOUT_FRAME: readonly number[] = [0, 2];
const LEGACY_CONFIGURED_VIDEO: readonly number[] = [7, 12, 13];
const LEGACY_AAC = 10;
const EX_AUDIO = 9;
const FRAME_TYPE_COMMAND = 5;

const videoCarriesFrame = (body: Uint8Array): boolean => {
  const first = body[0];
  if (first === undefined) return false;
  const second = body[1] ?? 0;
  if ((first & 0x80) === 0) {
    if (first >> 4 === FRAME_TYPE_COMMAND) return false;
    return !(LEGACY_CONFIGURED_VIDEO.includes(first & 0x0f) && AVC_WITHOUT_FRAME.includes(second));
  }
  const packet = (first & 0x0f) === MULTITRACK_VIDEO ? second & 0x0f : first & 0x0f;
  return !EX_VIDEO_WITHOUT_FRAME.includes(packet);
};

const audioCarriesFrame = (body: Uint8Array): boolean => {
  const first = body[0];
  if (first === undefined) return true; // an empty body is silence, and has a time
  const second = body[1] ?? 0;
  if (first >> 4 === LEGACY_AAC) return second !== 0;
  if (first >> 4 !== EX_AUDIO) return true;
  const packet = (first & 0x0f) === MULTITRACK_AUDIO ? second & 0x0f : first & 0x0f;
  return !EX_AUDIO_WITHOUT_FRAME.includes(packet);
};

/**
 * False for sequence headers and ends, metadata and commands: encoders stamp those with 0, or with anything (FFmpeg's end of sequence
 * across a wrap), whatever the time of the media around them.
 */
export const carriesFrame = (kind: 'audio' | 'video', body: Uint8Array): boolean =>
  kind === 'video' ? videoCarriesFrame(body) : audioCarriesFrame(body);
