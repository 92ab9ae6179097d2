// What a viewer downloads, held against the playlist that listed it: every part and segment is fetched and read with @headend/media.
// Durations are compared with the printed ones, decode times with their predecessors, and bytes of parts with bytes of segments.

import assert from 'node:assert/strict';
import { lastMsn, type ParsedMediaPlaylist, type Part, parseMediaPlaylist, type Segment } from '@headend/manifest';
import { type InitSegment, parseChunks, parseInitSegment, type ReadChunk, type ReadSample } from '@headend/media';
import type { PlaylistFollower } from '@headend/tools/hls-client';

/** Five decimals are printed, rounded up at most by one unit. */
const PRINTED = 0.000_011;

export type FetchedSegment = {
  readonly msn: number;
  readonly segment: Segment;
  readonly init: InitSegment;
  readonly chunks: readonly ReadChunk[];
  readonly samples: readonly ReadSample[];
  readonly timescale: number;
  /** Earliest presentation time in seconds: with open groups of pictures that of a leading picture, not of the keyframe. */
  readonly start: number;
};

export type FetchedRendition = {
  readonly url: string;
  readonly playlist: ParsedMediaPlaylist;
  readonly segments: readonly FetchedSegment[];
};

const bytesOf = async (url: string): Promise<Uint8Array> => {
  const response = await fetch(url);
  const bytes = new Uint8Array(await response.arrayBuffer());
  assert.equal(response.status, 200, `${url.split('/').slice(-2).join('/')}: ${response.status}`);
  return bytes;
};

const joined = (pieces: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(pieces));

const durationOf = (samples: readonly ReadSample[], timescale: number): number =>
  samples.reduce((total, { duration }) => total + duration, 0) / timescale;

const near = (actual: number, expected: number, what: string): void =>
  assert.ok(Math.abs(actual - expected) <= PRINTED, `${what}: media lasts ${actual} s, the playlist says ${expected}`);

const readChunks = (bytes: Uint8Array, init: InitSegment, what: string): readonly ReadChunk[] => {
  const chunks = parseChunks(bytes, init.tracks);
  assert.ok(chunks.ok, `${what}: ${chunks.ok ? '' : chunks.error.message}`);
  return chunks.value;
};

/** Parts of a segment: one chunk each, of the printed duration, INDEPENDENT exactly when they begin with a sync sample. */
const checkPart = (part: Part, bytes: Uint8Array, init: InitSegment, beforeGap: boolean): void => {
  const chunks = readChunks(bytes, init, part.uri);
  assert.equal(chunks.length, 1, `${part.uri} is one chunk`);
  const samples = chunks[0]?.samples ?? [];
  assert.equal(samples[0]?.key, part.independent, `${part.uri}: INDEPENDENT=${part.independent}`);
  // A frame longer than PART-TARGET is followed by gap parts for the rest of its time.
  if (!beforeGap) near(durationOf(samples, init.tracks[0]?.timescale ?? 0), part.duration, part.uri);
};

const fetchSegment = async (
  base: string,
  msn: number,
  segment: Segment,
  inits: Map<string, Promise<InitSegment>>,
): Promise<FetchedSegment> => {
  assert.ok(segment.map !== undefined, `${segment.uri} has an EXT-X-MAP`);
  const { map } = segment;
  const loading =
    inits.get(map) ??
    bytesOf(new URL(map, base).href).then((bytes) => {
      const parsed = parseInitSegment(bytes);
      assert.ok(parsed.ok, `${map}: ${parsed.ok ? '' : parsed.error.message}`);
      assert.equal(parsed.value.tracks.length, 1, `${map} has one track`);
      return parsed.value;
    });
  inits.set(map, loading);
  const init = await loading;
  const whole = await bytesOf(new URL(segment.uri, base).href);
  if (segment.parts.length > 0) {
    const parts: Uint8Array[] = [];
    for (const [i, part] of segment.parts.entries()) {
      if (part.gap) continue;
      const bytes = await bytesOf(new URL(part.uri, base).href);
      parts.push(bytes);
      checkPart(part, bytes, init, segment.parts[i + 1]?.gap === true);
    }
    assert.ok(Buffer.from(joined(parts)).equals(whole), `${segment.uri}: the parts together are the segment`);
    const sum = segment.parts.reduce((total, { duration }) => total + duration, 0);
    assert.ok(
      Math.abs(sum - segment.duration) <= PRINTED * segment.parts.length,
      `${segment.uri}: parts ${sum} s, EXTINF ${segment.duration}`,
    );
  }
  const chunks = readChunks(whole, init, segment.uri);
  const samples = chunks.flatMap((chunk) => chunk.samples);
  const timescale = init.tracks[0]?.timescale ?? 0;
  if (!segment.parts.some(({ gap }) => gap)) near(durationOf(samples, timescale), segment.duration, segment.uri);
  return { msn, segment, init, chunks, samples, timescale, start: Math.min(...samples.map(({ pts }) => pts)) / timescale };
};

/** Everything that the follower's newest playlist lists as complete. */
export const fetchRendition = async (follower: PlaylistFollower): Promise<FetchedRendition> => {
  const parsed = parseMediaPlaylist(follower.newest ?? '');
  assert.ok(parsed.ok);
  const playlist = parsed.value;
  const first = lastMsn(playlist) - playlist.segments.length + 1;
  const inits = new Map<string, Promise<InitSegment>>();
  const segments: FetchedSegment[] = [];
  for (const [i, segment] of playlist.segments.entries()) {
    if (!segment.gap) segments.push(await fetchSegment(follower.url, first + i, segment, inits));
  }
  return { url: follower.url, playlist, segments };
};

/** tfdt continues to the tick from chunk to chunk, and never goes back over a discontinuity. */
export const assertContinuous = ({ segments }: FetchedRendition): void => {
  let expected: number | undefined;
  for (const { segment, chunks } of segments) {
    for (const [i, chunk] of chunks.entries()) {
      const gapBefore = i === 0 && segment.discontinuity;
      if (expected !== undefined) {
        if (gapBefore) assert.ok(chunk.baseDecodeTime >= expected, `${segment.uri} goes back over a discontinuity`);
        else assert.equal(chunk.baseDecodeTime, expected, `${segment.uri}: tfdt of chunk ${i}`);
      }
      expected = chunk.baseDecodeTime + chunk.samples.reduce((total, { duration }) => total + duration, 0);
    }
  }
};

/** Segment n of every rendition starts within one audio frame of the leader's. */
export const assertAligned = (video: FetchedRendition, audio: FetchedRendition): void => {
  const byMsn = new Map(audio.segments.map((segment) => [segment.msn, segment]));
  for (const picture of video.segments) {
    const sound = byMsn.get(picture.msn);
    if (sound === undefined) continue;
    const frame = (sound.samples[0]?.duration ?? 0) / sound.timescale;
    const offset = Math.abs(sound.start - picture.start);
    assert.ok(offset <= frame + 1e-6, `segment ${picture.msn}: sound ${sound.start} s, picture ${picture.start} s`);
  }
};

/** Every frame of a constant rate has exactly its share of ticks, whatever milliseconds the encoder sent. */
export const assertConstantRate = ({ segments }: FetchedRendition, rate: number): void => {
  for (const { segment, samples, timescale } of segments) {
    const ideal = timescale / rate;
    for (const { duration } of samples) {
      assert.ok(Math.abs(duration - ideal) <= 1, `${segment.uri}: a frame of ${duration} ticks of 1/${timescale} s at ${rate} fps`);
    }
  }
};
