// Golden box sizes of the CMAF header, and every codec's sample entry written and read back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timescale } from '@headend/core';
import type { AudioTrack, Track, VideoTrack } from '../../track.ts';
import { readBoxes } from './box-reader.ts';
import { parseInitSegment } from './init-reader.ts';
import { writeInitSegment } from './init-segment.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

const video = (over: Partial<VideoTrack> = {}): VideoTrack => ({
  kind: 'video',
  id: 100,
  codec: 'h264',
  timescale: timescale(90_000),
  config: bytes('0164000bffe100186764000bacd942847e5c04400000fa40003a9803c50a658001000668ebe3cb22c0fdf8f800'),
  codecString: 'avc1.64000B',
  width: 160,
  height: 120,
  ...over,
});

const audio = (over: Partial<AudioTrack> = {}): AudioTrack => ({
  kind: 'audio',
  id: 200,
  codec: 'aac',
  timescale: timescale(48_000),
  config: bytes('1190'),
  codecString: 'mp4a.40.2',
  sampleRate: 48_000,
  channels: 2,
  ...over,
});

const CONTAINERS: ReadonlySet<string> = new Set(['moov', 'trak', 'mdia', 'minf', 'dinf', 'stbl', 'mvex']);

/** Boxes with their sizes, nested ones behind their parents. */
const sizes = (data: Uint8Array, start = 0, end = data.length): string[] => {
  const boxes = readBoxes(data, start, end);
  assert.ok(boxes.ok);
  return boxes.value.flatMap((box) => {
    const size = `${box.type} ${box.end - box.start}`;
    return CONTAINERS.has(box.type) ? [size, ...sizes(data, box.bodyStart, box.end)] : [size];
  });
};

const readTrack = (track: Track) => {
  const init = parseInitSegment(writeInitSegment(track));
  assert.ok(init.ok);
  assert.equal(init.value.tracks.length, 1);
  const [read] = init.value.tracks;
  assert.ok(read);
  return read;
};

test('a video header has exactly these boxes and sizes', () => {
  const entry = 86 + 8 + 45;
  const stbl = 8 + (16 + entry) + 16 * 3 + 20;
  const minf = 8 + 20 + 36 + stbl;
  const mdia = 8 + 32 + (33 + 12) + minf;
  const trak = 8 + 92 + mdia;
  assert.deepEqual(sizes(writeInitSegment(video())), [
    'ftyp 36',
    `moov ${8 + 108 + trak + 40}`,
    'mvhd 108',
    `trak ${trak}`,
    'tkhd 92',
    `mdia ${mdia}`,
    'mdhd 32',
    'hdlr 45',
    `minf ${minf}`,
    'vmhd 20',
    'dinf 36',
    'dref 28',
    `stbl ${stbl}`,
    `stsd ${16 + entry}`,
    'stts 16',
    'stsc 16',
    'stsz 20',
    'stco 16',
    'mvex 40',
    'trex 32',
  ]);
});

test('an AAC header differs in smhd and in a 75 byte sample entry with a 39 byte esds', () => {
  const found = sizes(writeInitSegment(audio()));
  assert.ok(found.includes('smhd 16'));
  assert.ok(found.includes(`stsd ${16 + 36 + 39}`));
  const hex = Buffer.from(writeInitSegment(audio())).toString('hex');
  assert.ok(hex.includes(`000000276573647300000000031900010004114015${'00'.repeat(11)}05021190060102`));
});

test('brands promise CMAF with signed composition offsets, and AV1 where it is', () => {
  const brandsOf = (track: Track) => {
    const init = parseInitSegment(writeInitSegment(track));
    assert.ok(init.ok);
    return [init.value.majorBrand, ...init.value.brands];
  };
  assert.deepEqual(brandsOf(video()), ['iso6', 'iso6', 'cmfc', 'cmf2', 'mp41', 'dash']);
  assert.ok(brandsOf(video({ codec: 'av1', config: bytes('81000c000a0a00000003b4ff700be001') })).includes('av01'));
});

test('size, colour, aspect and bitrate are read back', () => {
  const colour = { primaries: 9, transfer: 16, matrix: 9, fullRange: true };
  const written = writeInitSegment(video({ colour, pixelAspect: { h: 4, v: 3 } }), { max: 6_000_000, average: 4_500_000 });
  const init = parseInitSegment(written);
  assert.ok(init.ok);
  const [track] = init.value.tracks;
  assert.deepEqual(track?.colour, colour);
  assert.deepEqual(track?.pixelAspect, { h: 4, v: 3 });
  assert.deepEqual(track?.bitrate, { max: 6_000_000, average: 4_500_000 });
  assert.deepEqual([track?.width, track?.height, track?.timescale, track?.trackId], [160, 120, 90_000, 1]);
});

const configurations: readonly Track[] = [
  video(),
  video({ codec: 'hevc', config: bytes('0101600000009000000000003cf000fcfdf8f800000f00') }),
  video({ codec: 'av1', config: bytes('81000c000a0a00000003b4ff700be001') }),
  video({ codec: 'vp9', config: bytes('01000000000a820202020000') }),
  video({ codec: 'vp8', config: bytes('01000000000a820202020000') }),
  audio(),
  audio({ config: bytes(`1190${'56e5a0'.repeat(50)}`) }),
  audio({ codec: 'mp3', config: new Uint8Array(0) }),
  audio({ codec: 'opus', config: bytes('000201380000bb80000000') }),
  audio({ codec: 'flac', config: bytes('00000000800000221200120000041a0004ff0bb800f000017700957e0a09f97871af8c611d306aad8ab5') }),
  audio({ codec: 'ac3', config: bytes('100a40') }),
  audio({ codec: 'eac3', config: bytes('0600200a00') }),
];

for (const track of configurations) {
  test(`${track.codec} with ${track.config.length} bytes of configuration comes back as it was`, () => {
    const read = readTrack(track);
    assert.equal(read.codec, track.codec);
    assert.deepEqual([...read.config], [...track.config]);
    assert.equal(read.kind, track.kind);
    assert.equal(read.timescale, track.timescale);
    if (track.kind === 'audio') assert.deepEqual([read.channels, read.sampleRate], [track.channels, track.sampleRate]);
  });
}

test('a sample rate that does not fit 16.16 is written as zero', () => {
  assert.equal(readTrack(audio({ sampleRate: 96_000 })).sampleRate, 0);
});
