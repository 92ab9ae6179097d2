// Real media to start from: a recording by FFmpeg with every codec, the packages' golden vectors, and our own fMP4 made of them.

import { readFileSync } from 'node:fs';
import { ticks } from '@headend/core';
import { FlvDemuxer, type Frame, type Track, writeChunk, writeInitSegment } from '@headend/media';
import { readFlvFile } from '../../packages/media/src/containers/flv/flv-file.ts';

const RECORDING = new URL('../../packages/media/src/containers/flv/fixtures/ffmpeg8-multitrack.flv', import.meta.url);

export const flvBytes = new Uint8Array(readFileSync(RECORDING));
export const flvMessages = readFlvFile(flvBytes);

/** Bytes of one kind of message; the first ones hold the configurations. */
export const flvBodies = (type: 'audio' | 'video'): readonly Uint8Array[] =>
  flvMessages.flatMap((message) => (message.type === type ? [new Uint8Array(message.body)] : []));

const FRAMES_EACH = 3;

const demuxed = (): readonly { readonly track: Track; readonly frames: readonly Frame[] }[] => {
  const demuxer = new FlvDemuxer();
  const found = new Map<number, { track: Track; frames: Frame[] }>();
  for (const event of flvMessages.flatMap((message) => demuxer.push(message))) {
    if (event.type === 'track') found.set(event.track.id, { track: event.track, frames: [] });
    if (event.type === 'frame') found.get(event.frame.trackId)?.frames.push(event.frame);
  }
  return [...found.values()].map(({ track, frames }) => ({ track, frames: frames.slice(0, FRAMES_EACH) }));
};

const recorded = demuxed();

export const initSegments: readonly Uint8Array[] = recorded.map(({ track }) =>
  writeInitSegment(track, { max: 2_000_000, average: 1_000_000 }),
);

export const mediaChunks: readonly Uint8Array[] = recorded.flatMap(({ track, frames: [first, ...rest] }) => {
  if (first === undefined) return [];
  const samples = [first, ...rest].map(({ dts, pts, key, data }) => ({
    duration: ticks(900),
    compositionOffset: ticks(pts - dts),
    key,
    data,
  }));
  return [writeChunk({ sequence: 1, track: { kind: track.kind }, baseDecodeTime: first.dts, samples })];
});
