// FLV in, fMP4 out, read by FFmpeg: what ffprobe finds in our files is what the encoder put into the FLV, without a warning.
// Footage: Big Buck Bunny beside the project where it is present, otherwise a pattern and tone that ffmpeg generates; and the
// Enhanced RTMP fixture with every codec.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ticks, wallMs } from '@headend/core';
import type { Frame, Track } from '../track.ts';
import { FlvDemuxer } from './flv/demuxer.ts';
import { readFlvFile } from './flv/flv-file.ts';
import { parseChunks } from './fmp4/chunk-reader.ts';
import { writeChunk } from './fmp4/chunk-writer.ts';
import { writeInitSegment } from './fmp4/init-segment.ts';

const absent = ['ffmpeg', 'ffprobe'].filter((program) => spawnSync(program, ['-version']).error !== undefined);
const skip = absent.length === 0 ? false : `${absent.join(' and ')} is not installed`;

const FOOTAGE = fileURLToPath(new URL('../../../../../shared/media/bbb-480p-30s.mp4', import.meta.url));
const FIXTURE = fileURLToPath(new URL('./flv/fixtures/ffmpeg8-multitrack.flv', import.meta.url));
const FRAMES_PER_CHUNK = 5;

const temporaryFolder = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'headend-remux-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** Runs a program that must succeed and say nothing on standard error. */
const quiet = (program: string, args: readonly string[]): string => {
  const run = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  assert.equal(run.stderr, '', `${program} ${args.join(' ')}`);
  assert.equal(run.status, 0);
  return run.stdout;
};

type Demuxed = { readonly track: Track; readonly frames: Frame[] };

const demux = (path: string): readonly Demuxed[] => {
  const demuxer = new FlvDemuxer();
  const found = new Map<number, Demuxed>();
  for (const message of readFlvFile(readFileSync(path))) {
    for (const event of demuxer.push(message)) {
      assert.notEqual(event.type, 'problem', JSON.stringify(event));
      if (event.type === 'track') found.set(event.track.id, { track: event.track, frames: [] });
      if (event.type === 'frame') found.get(event.frame.trackId)?.frames.push(event.frame);
    }
  }
  return [...found.values()];
};

const mux = ({ track, frames }: Demuxed): Uint8Array => {
  const durations = frames.map((frame, i) => (frames[i + 1]?.dts ?? frame.dts + 1) - frame.dts);
  const parts: Uint8Array[] = [writeInitSegment(track, { max: 2_000_000, average: 1_000_000 })];
  for (let at = 0; at < frames.length; at += FRAMES_PER_CHUNK) {
    const group = frames.slice(at, at + FRAMES_PER_CHUNK);
    const samples = group.map((frame, i) => ({
      duration: ticks(durations[at + i] ?? 0),
      compositionOffset: ticks(frame.pts - frame.dts),
      key: frame.key,
      data: frame.data,
    }));
    const [first] = group;
    assert.ok(first);
    const reference = { wallMs: wallMs(1_785_542_400_000 + at), mediaTime: first.pts };
    parts.push(writeChunk({ sequence: parts.length, track, baseDecodeTime: first.dts, samples, producerReferenceTime: reference }));
  }
  return Uint8Array.from(Buffer.concat(parts));
};

type ProbedPacket = { readonly pts_time: string; readonly dts_time: string; readonly flags: string };

/** Times in whole milliseconds, which is all that FLV has. */
const probe = (path: string, stream: string): readonly { readonly pts: number; readonly dts: number; readonly key: boolean }[] => {
  const { packets }: { packets: ProbedPacket[] } = JSON.parse(
    quiet('ffprobe', ['-v', 'warning', '-select_streams', stream, '-show_entries', 'packet=pts_time,dts_time,flags', '-of', 'json', path]),
  );
  return packets.map((packet) => ({
    pts: Math.round(Number(packet.pts_time) * 1000),
    dts: Math.round(Number(packet.dts_time) * 1000),
    key: packet.flags.startsWith('K'),
  }));
};

const sourceArguments = existsSync(FOOTAGE)
  ? ['-t', '10', '-i', FOOTAGE, '-c', 'copy']
  : [
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=320x180:r=24:d=10',
      '-f',
      'lavfi',
      '-i',
      'sine=d=10:r=48000',
      '-c:v',
      'libx264',
      '-bf',
      '2',
      '-g',
      '48',
      '-c:a',
      'aac',
    ];

test('legacy FLV with B-frames: ffprobe sees the same packets in our fMP4, without a warning', { skip }, (t) => {
  const folder = temporaryFolder(t);
  const flv = join(folder, 'source.flv');
  quiet('ffmpeg', ['-v', 'error', ...sourceArguments, '-f', 'flv', flv]);
  const streams = demux(flv);
  assert.equal(streams.length, 2);
  for (const stream of streams) {
    const mp4 = join(folder, `${stream.track.id}.mp4`);
    writeFileSync(mp4, mux(stream));
    const select = stream.track.kind === 'video' ? 'v' : 'a';
    assert.deepEqual(probe(mp4, select), probe(flv, select));
    quiet('ffmpeg', ['-v', 'warning', '-i', mp4, '-f', 'null', '-']);
  }
});

test('every codec of Enhanced RTMP: ffprobe counts our frames and ffmpeg decodes them, without a warning', { skip }, (t) => {
  const folder = temporaryFolder(t);
  const streams = demux(FIXTURE);
  assert.equal(streams.length, 10);
  for (const stream of streams) {
    const mp4 = join(folder, `${stream.track.codec}.mp4`);
    writeFileSync(mp4, mux(stream));
    assert.equal(probe(mp4, stream.track.kind === 'video' ? 'v' : 'a').length, stream.frames.length, stream.track.codec);
    quiet('ffmpeg', ['-v', 'warning', '-i', mp4, '-f', 'null', '-']);
  }
});

test('our reader agrees with our writer on the same files', () => {
  for (const stream of demux(FIXTURE)) {
    const chunks = parseChunks(mux(stream));
    assert.ok(chunks.ok);
    const samples = chunks.value.flatMap((chunk) => chunk.samples);
    assert.deepEqual(
      samples.map(({ dts, pts, key }) => ({ dts, pts, key })),
      stream.frames.map(({ dts, pts, key }) => ({ dts, pts, key })),
    );
    assert.ok(samples.every((sample, i) => Buffer.compare(sample.data, stream.frames[i]?.data ?? new Uint8Array(0)) === 0));
  }
});
