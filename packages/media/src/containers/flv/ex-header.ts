// The grammar that ExVideo and ExAudio headers of Enhanced RTMP v2 share: ModEx prefixes, then one FourCC and body, or a
// multitrack body with several tracks. What a track's body means is the business of video-tag.ts and audio-tag.ts.
//
//   while packetType == ModEx:  u8 size−1 (0xFF: u16 size−1 follows) | data[size] | u4 modExType, u4 packetType
//   multitrack:  u4 multitrackType, u4 packetType | [fourcc unless ManyTracksManyCodecs]
//                { [fourcc if ManyTracksManyCodecs] | u8 trackId | [u24 size unless OneTrack] | body }*

import { type ByteReader, ok, type Result, type WireError, wireError } from '@headend/core';
import { MOD_EX_TIMESTAMP_NANO_OFFSET, MultitrackType } from './flv-codecs.ts';

/** Only one ModEx type exists; a longer chain is noise. */
export const MAX_MOD_EX = 16;
/** Tracks in one message: OBS sends at most six; each would become a stream of the channel. */
export const MAX_TRACKS_PER_MESSAGE = 32;
/** A nanosecond offset refines a millisecond, so it stays below one. */
const MAX_NANO_OFFSET = 999_999;

export type SkipReason =
  | 'codec_unsupported'
  | 'packet_type_unknown'
  | 'mod_ex_unknown'
  | 'multitrack_type_unknown'
  | 'track_truncated'
  | 'too_many_tracks';

/** A part of a message that Headend does not understand; the rest of the message stands. */
export type FlvSkipped = { readonly type: 'skipped'; readonly reason: SkipReason; readonly trackIndex?: number; readonly detail: string };

export const skipped = (reason: SkipReason, detail: string, trackIndex?: number): FlvSkipped =>
  trackIndex === undefined ? { type: 'skipped', reason, detail } : { type: 'skipped', reason, detail, trackIndex };

export type ModEx = { readonly type: 'modEx'; readonly packetType: number; readonly nanoOffset: number };

export type ExTrack = {
  readonly type: 'track';
  readonly trackIndex: number;
  readonly fourcc: number;
  readonly packetType: number;
  readonly body: ByteReader;
};

/** Reads the ModEx chain, if there is one. Its effect is for this message only. */
export const readModEx = (reader: ByteReader, first: number, modExType: number): Result<ModEx | FlvSkipped, WireError> => {
  let packetType = first;
  let nanoOffset = 0;
  for (let count = 0; packetType === modExType; count++) {
    if (count === MAX_MOD_EX) return wireError('flv_mod_ex_chain', `more than ${MAX_MOD_EX} ModEx in one message`, reader.offset);
    let size = reader.u8() + 1;
    if (size === 256) size = reader.u16() + 1;
    const data = reader.sub(size);
    const next = reader.u8();
    if (reader.overrun) return wireError('flv_truncated', 'the message ends inside a ModEx', reader.offset);
    if (next >> 4 !== MOD_EX_TIMESTAMP_NANO_OFFSET) return ok(skipped('mod_ex_unknown', `ModEx type ${next >> 4}`));
    if (size < 3) return wireError('flv_mod_ex_size', `a nanosecond offset takes 3 bytes, not ${size}`, reader.offset);
    nanoOffset = Math.min(data.u24(), MAX_NANO_OFFSET);
    packetType = next & 0x0f;
  }
  return ok({ type: 'modEx', packetType, nanoOffset });
};

const readTracks = (reader: ByteReader, type: number, packetType: number, shared: number): (ExTrack | FlvSkipped)[] => {
  const tracks: (ExTrack | FlvSkipped)[] = [];
  do {
    if (tracks.length === MAX_TRACKS_PER_MESSAGE) {
      tracks.push(skipped('too_many_tracks', `more than ${MAX_TRACKS_PER_MESSAGE} tracks in one message`));
      break;
    }
    const fourcc = type === MultitrackType.manyTracksManyCodecs ? reader.u32() : shared;
    const trackIndex = reader.u8();
    const size = type === MultitrackType.oneTrack ? reader.remaining : reader.u24();
    if (reader.overrun || size > reader.remaining) {
      tracks.push(skipped('track_truncated', 'a track is longer than its message'));
      break;
    }
    tracks.push({ type: 'track', trackIndex, fourcc, packetType, body: reader.sub(size) });
  } while (reader.remaining > 0);
  return tracks;
};

/** The tracks of a message, behind its ModEx chain. */
export const readExTracks = (
  reader: ByteReader,
  packetType: number,
  multitrackPacketType: number,
): Result<readonly (ExTrack | FlvSkipped)[], WireError> => {
  if (packetType !== multitrackPacketType) {
    const fourcc = reader.u32();
    if (reader.overrun) return wireError('flv_truncated', 'the message ends inside its FourCC', reader.offset);
    return ok([{ type: 'track', trackIndex: 0, fourcc, packetType, body: reader.sub(reader.remaining) }]);
  }
  const head = reader.u8();
  const type = head >> 4;
  const inner = head & 0x0f;
  if (reader.overrun) return wireError('flv_truncated', 'the message ends inside its multitrack header', reader.offset);
  if (type > MultitrackType.manyTracksManyCodecs) return ok([skipped('multitrack_type_unknown', `multitrack type ${type}`)]);
  const shared = type === MultitrackType.manyTracksManyCodecs ? 0 : reader.u32();
  if (reader.overrun) return wireError('flv_truncated', 'the message ends inside its FourCC', reader.offset);
  if (inner === multitrackPacketType) return ok([skipped('packet_type_unknown', 'multitrack inside multitrack')]);
  return ok(readTracks(reader, type, inner, shared));
};
