// The demo signal, encoded and then read by decoders: what ffprobe sees in the file, and what the pixels and samples say.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ByteWriter, invariant, millis } from '@headend/core';
import { type FlvOutput, type Frame, flvFrame, flvSequenceHeader, type Track } from '@headend/media';
import { AV_CODEC_ID_AAC, AV_CODEC_ID_H264 } from 'node-av/constants';
import { Codec, CodecContext, Frame as DecodedFrame, Packet } from 'node-av/lib';
import { flashBox, readClockCells } from '../clock/index.ts';
import { type SignalClock, SignalGenerator } from './generator.ts';
import { type SignalOptions, signalOptions } from './options.ts';

const START_WALL = 1_800_000_000_123;

/** A clock that jumps to wherever it is asked to sleep. */
const leapingClock = (): SignalClock & { advance(ms: number): void } => {
  let elapsed = 0;
  return {
    wallNow: () => START_WALL + Math.round(elapsed),
    monotonicNow: () => elapsed,
    sleepUntil: async (at) => {
      elapsed = Math.max(elapsed, at);
    },
    advance: (ms) => {
      elapsed += ms;
    },
  };
};

type Signal = { readonly tracks: readonly Track[]; readonly frames: readonly Frame[] };

const generate = async (given: Partial<SignalOptions>): Promise<Signal> => {
  const generator = new SignalGenerator(signalOptions({ durationSeconds: 2, width: 640, height: 360, ...given }), leapingClock());
  const frames: Frame[] = [];
  for await (const batch of generator.run(new AbortController().signal)) frames.push(...batch);
  return { tracks: generator.tracks, frames };
};

const trackOf = (signal: Signal, kind: Track['kind']): Track => {
  const track = signal.tracks.find((candidate) => candidate.kind === kind);
  invariant(track, `no ${kind} track`);
  return track;
};

const framesOf = (signal: Signal, kind: Track['kind']): Frame[] =>
  signal.frames.filter((frame) => frame.trackId === trackOf(signal, kind).id);

/** Adobe FLV 10.1 annex E.2 and E.4.1. */
const flvFile = ({ tracks, frames }: Signal): Uint8Array => {
  const writer = new ByteWriter(1 << 20);
  writer.ascii('FLV').u8(1).u8(5).u32(9).u32(0);
  const tag = (message: FlvOutput): void => {
    writer.u8(message.type === 'video' ? 9 : 8).u24(message.body.length);
    writer.u24(message.timestampMs).u8(0).u24(0).bytes(message.body);
    writer.u32(11 + message.body.length);
  };
  for (const track of tracks) {
    const header = flvSequenceHeader(track, 0, millis(0));
    if (header !== undefined) tag(header);
  }
  for (const frame of frames) {
    const track = tracks.find((candidate) => candidate.id === frame.trackId);
    invariant(track, 'a frame without its track');
    tag(flvFrame(track, frame, 0));
  }
  return writer.finish();
};

const hasFfprobe = spawnSync('ffprobe', ['-version']).status === 0;

type Probe = {
  streams: { codec_type: string; codec_name: string; start_time: string; width?: number; has_b_frames?: number; sample_rate?: string }[];
  packets: { codec_type: string; pts_time: string; flags: string }[];
};

const probe = (file: Uint8Array): Probe => {
  const folder = mkdtempSync(join(tmpdir(), 'headend-demo-'));
  try {
    const path = join(folder, 'demo.flv');
    writeFileSync(path, file);
    const run = spawnSync('ffprobe', ['-v', 'warning', '-show_streams', '-show_packets', '-of', 'json', path], { encoding: 'utf8' });
    assert.equal(run.stderr, '');
    return JSON.parse(run.stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

test('ffprobe reads two seconds: every frame, a keyframe each second, both tracks from 0', {
  skip: !hasFfprobe && 'no ffprobe',
}, async () => {
  const { streams, packets } = probe(flvFile(await generate({})));
  const video = packets.filter((packet) => packet.codec_type === 'video');
  assert.equal(video.length, 60);
  const keys = video.flatMap((packet, i) => (packet.flags.startsWith('K') ? [i] : []));
  assert.deepEqual(keys, [0, 30]);
  assert.deepEqual(streams.map((stream) => [stream.codec_name, Number(stream.start_time)]).sort(), [
    ['aac', 0],
    ['h264', 0],
  ]);
  assert.equal(streams.find((stream) => stream.codec_type === 'video')?.has_b_frames, 0);
  assert.equal(streams.find((stream) => stream.codec_type === 'audio')?.sample_rate, '48000');
});

const decodeAll = (
  codecId: typeof AV_CODEC_ID_H264 | typeof AV_CODEC_ID_AAC,
  track: Track,
  frames: readonly Frame[],
  each: (frame: DecodedFrame) => void,
): void => {
  const codec = Codec.findDecoder(codecId);
  invariant(codec, 'no decoder');
  const context = new CodecContext();
  context.allocContext3(codec);
  context.extraData = Buffer.from(track.config);
  context.threadCount = 1;
  assert.ok(context.open2Sync(codec) >= 0);
  const packet = new Packet();
  const picture = new DecodedFrame();
  packet.alloc();
  picture.alloc();
  const drain = (): void => {
    while (context.receiveFrameSync(picture) >= 0) each(picture);
  };
  for (const frame of frames) {
    packet.data = Buffer.from(frame.data);
    packet.pts = BigInt(frame.pts);
    packet.dts = BigInt(frame.dts);
    assert.ok(context.sendPacketSync(packet) >= 0);
    drain();
  }
  context.sendPacketSync(null);
  drain();
  packet.free();
  picture.free();
  context.freeContext();
};

type Seen = { readonly ptsMs: number; readonly wallMs: number | undefined; readonly flash: boolean };

const look = (signal: Signal): Seen[] => {
  const track = trackOf(signal, 'video');
  const seen: Seen[] = [];
  decodeAll(AV_CODEC_ID_H264, track, framesOf(signal, 'video'), (picture) => {
    const luma = picture.data?.[0];
    const stride = picture.linesize[0];
    invariant(luma && stride, 'no luma');
    const box = flashBox(picture.width, picture.height);
    const centre = (box.y + box.height / 2) * stride + box.x + box.width / 2;
    seen.push({
      ptsMs: (Number(picture.pts) * 1000) / track.timescale,
      wallMs: readClockCells(luma, picture.width, picture.height, stride)?.wallMs,
      flash: (luma[centre] ?? 0) > 128,
    });
  });
  return seen;
};

/** Media times (ms) where sound begins after silence. */
const listen = (signal: Signal): number[] => {
  const onsets: number[] = [];
  let quietSince = Number.NEGATIVE_INFINITY;
  let loud = false;
  decodeAll(AV_CODEC_ID_AAC, trackOf(signal, 'audio'), framesOf(signal, 'audio'), (sound) => {
    const plane = sound.data?.[0];
    invariant(plane, 'no samples');
    const samples = new Float32Array(plane.buffer, plane.byteOffset, sound.nbSamples);
    samples.forEach((sample, i) => {
      const at = ((Number(sound.pts) + i) * 1000) / 48_000;
      if (Math.abs(sample) > 0.1) {
        if (!loud && at - quietSince > 0) onsets.push(at);
        loud = true;
        quietSince = at + 100;
      } else if (at > quietSince) loud = false;
    });
  });
  return onsets;
};

for (const fps of [25, 29.97, 30, 60]) {
  test(`at ${fps} fps every decoded frame carries its time, and flash and beep start within a frame of each other`, async () => {
    const signal = await generate({ fps, bitrate: 1_000_000 });
    const seen = look(signal);
    assert.equal(seen.length, framesOf(signal, 'video').length);
    const origin = seen[0]?.wallMs;
    invariant(origin, 'the first frame has no clock');
    for (const { ptsMs, wallMs } of seen) {
      invariant(wallMs, `no clock at ${ptsMs}`);
      assert.ok(Math.abs(wallMs - origin - ptsMs) <= 1.5, `${wallMs - origin} is not ${ptsMs}`);
    }
    const flashes = seen.filter((frame, i) => frame.flash && !seen[i - 1]?.flash).map((frame) => frame.ptsMs);
    const beeps = listen(signal);
    assert.equal(flashes.length, 2);
    assert.equal(beeps.length, 2);
    flashes.forEach((flash, i) => {
      assert.ok(Math.abs((beeps[i] ?? 0) - flash) < 1000 / fps, `flash at ${flash}, beep at ${beeps[i]}`);
    });
  });
}

test('HEVC, AV1 and Opus come with configuration and start with a keyframe', async () => {
  for (const codec of ['hevc', 'av1'] as const) {
    const signal = await generate({ codec, audio: 'opus', durationSeconds: 0.3, width: 320, height: 180 });
    const frames = framesOf(signal, 'video');
    assert.equal(frames.length, 9);
    assert.deepEqual(frames.map((frame) => frame.key).indexOf(true), 0);
    assert.ok(trackOf(signal, 'video').config.length > 0);
    assert.equal(trackOf(signal, 'audio').config.length, 11);
  }
});

test('a late process skips frames, stays at now and keeps its keyframes on the second', async () => {
  const clock = leapingClock();
  const generator = new SignalGenerator(signalOptions({ durationSeconds: 2, width: 320, height: 180 }), clock);
  const pictures: Frame[] = [];
  for await (const batch of generator.run(new AbortController().signal)) {
    pictures.push(...batch.filter((frame) => frame.trackId === 1));
    if (pictures.length === 10) clock.advance(500);
    if (pictures.length === 20) clock.advance(90);
  }
  assert.equal(generator.framesSkipped, 14);
  assert.equal(pictures.length, 46);
  assert.equal(Math.round(((pictures[10]?.pts ?? 0) * 1000) / 30_000), 800);
  assert.deepEqual(
    pictures.filter((frame) => frame.key).map((frame) => frame.pts),
    [0, 30_000],
  );
});

test('stops when aborted', async () => {
  const abort = new AbortController();
  const generator = new SignalGenerator(signalOptions({ width: 320, height: 180 }), leapingClock());
  let batches = 0;
  for await (const _ of generator.run(abort.signal)) {
    batches += 1;
    if (batches === 3) abort.abort();
  }
  assert.equal(batches, 3);
});
