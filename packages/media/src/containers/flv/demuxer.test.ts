// The demuxer on real coded frames: FFmpeg 8 wrote the fixture (Enhanced RTMP, four video and six audio tracks, generated test
// pattern and tone), and the tests below bend its H.264 and AAC into what careless encoders send.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { wallMs } from '@headend/core';
import { avcConfigFromParameterSets, parseAvcConfig, writeAvcConfig } from '../../codecs/h264.ts';
import { joinAnnexB, joinLengthPrefixed, splitLengthPrefixed } from '../../codecs/nal.ts';
import type { Frame, Track } from '../../track.ts';
import { FlvDemuxer, type FlvEvent, type FlvMessage, MAX_FLV_TRACKS } from './demuxer.ts';
import { readFlvFile } from './flv-file.ts';
import { writeAudioTag, writeVideoTag } from './tag-writer.ts';
import { type FlvVideoFrame, parseVideoTag } from './video-tag.ts';

const recording = readFlvFile(new Uint8Array(readFileSync(new URL('./fixtures/ffmpeg8-multitrack.flv', import.meta.url))));

const pushAll = (demuxer: FlvDemuxer, messages: readonly FlvMessage[]): FlvEvent[] => messages.flatMap((message) => demuxer.push(message));
const tracksOf = (events: readonly FlvEvent[]): Track[] => events.flatMap((event) => (event.type === 'track' ? [event.track] : []));
const framesOf = (events: readonly FlvEvent[]): Frame[] => events.flatMap((event) => (event.type === 'frame' ? [event.frame] : []));
const problemsOf = (events: readonly FlvEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'problem' ? [event.error.code] : []));

const video = (body: Uint8Array, timestampMs = 0): FlvMessage => ({ type: 'video', timestampMs, body, wallclock: wallMs(1000) });
const audio = (body: Uint8Array, timestampMs = 0): FlvMessage => ({ type: 'audio', timestampMs, body, wallclock: wallMs(1000) });

/** The H.264 track of the recording as track 0 of a plain publisher. */
const h264 = (() => {
  const packets = recording.flatMap((message) => {
    const parsed = message.type === 'video' ? parseVideoTag(message.body) : undefined;
    return parsed?.ok === true ? parsed.value : [];
  });
  const own = packets.filter((packet) => packet.type !== 'command' && packet.type !== 'skipped' && packet.codec === 'h264');
  const config = own.find((packet) => packet.type === 'config');
  assert.ok(config?.type === 'config');
  const record = parseAvcConfig(config.config);
  assert.ok(record.ok);
  const frames = own.filter((packet): packet is FlvVideoFrame => packet.type === 'frame').map((frame) => ({ ...frame, trackIndex: 0 }));
  const [first] = frames;
  assert.ok(first);
  return { config: config.config, record: record.value, frames, first };
})();

const configTag = (config: Uint8Array): Uint8Array => writeVideoTag({ type: 'config', codec: 'h264', trackIndex: 0, config });
const frameTag = (over: Partial<FlvVideoFrame> = {}): Uint8Array => writeVideoTag({ ...h264.first, ...over });
const nalsOf = (data: Uint8Array): Uint8Array[] => {
  const nals = splitLengthPrefixed(data, 4);
  assert.ok(nals.ok);
  return nals.value;
};

test('every track and frame of an Enhanced RTMP recording by FFmpeg comes out, with nothing to complain about', () => {
  const events = pushAll(new FlvDemuxer(), recording);
  assert.deepEqual(problemsOf(events), []);
  const frames = framesOf(events);
  const summary = tracksOf(events).map((track) => [
    track.id,
    track.codecString,
    track.timescale,
    frames.filter((frame) => frame.trackId === track.id).length,
  ]);
  assert.deepEqual(
    summary.sort((a, b) => Number(a[0]) - Number(b[0])),
    [
      [100, 'hvc1.1.6.L30.90', 30_000, 12],
      [101, 'av01.0.00M.08', 90_000, 12],
      [102, 'avc1.640009', 30_000, 12],
      [103, 'vp09.00.10.08', 90_000, 12],
      [200, 'Opus', 48_000, 21],
      [201, 'fLaC', 48_000, 5],
      [202, 'ac-3', 48_000, 13],
      [203, 'ec-3', 48_000, 13],
      [204, 'mp4a.40.2', 48_000, 20],
      [205, 'mp4a.40.34', 48_000, 18],
    ],
  );
  for (const id of [100, 101, 102, 103]) {
    const own = frames.filter((frame) => frame.trackId === id);
    assert.deepEqual([own[0]?.key, own.filter((frame) => frame.key).length], [true, 1], `track ${id} has one key frame, the first`);
  }
});

test('times are exact: milliseconds and composition time in ticks, nanoseconds in pts', () => {
  const demuxer = new FlvDemuxer();
  const [track, frame] = pushAll(demuxer, [
    video(configTag(h264.config)),
    video(frameTag({ compositionTimeMs: 67, nanoOffset: 0 }), 1_000_033),
  ]);
  assert.ok(track?.type === 'track' && frame?.type === 'frame');
  assert.equal(track.track.timescale, 30_000);
  assert.deepEqual([frame.frame.dts, frame.frame.pts, frame.frame.wallclock], [30_000_990, 30_003_000, 1000]);
  const [fine] = framesOf(pushAll(demuxer, [video(frameTag({ compositionTimeMs: 0, nanoOffset: 366_667 }), 33)]));
  assert.deepEqual([fine?.dts, fine?.pts], [990, 1001]);
});

test('the announced NTSC rate picks the timescale where the bitstream does not say, once', () => {
  const flv = (hint: number): Track | undefined => {
    const demuxer = new FlvDemuxer();
    demuxer.setFrameRateHint(hint);
    const vp9 = recording.filter(
      (message) => message.type === 'video' && Buffer.from(message.body).includes('vp09') && message.body[0] !== 0xd4,
    );
    const asFirst = vp9.map((message) => {
      const parsed = parseVideoTag(message.body);
      const packet = parsed.ok ? parsed.value[0] : undefined;
      assert.ok(packet?.type === 'config' || packet?.type === 'frame');
      return video(writeVideoTag({ ...packet, trackIndex: 0 }), message.timestampMs);
    });
    return tracksOf(pushAll(demuxer, asFirst))[0];
  };
  const scales = [23.976, 24, 25, 29.97, 30, 59.94, 60, Number.NaN].map((rate) => flv(rate)?.timescale);
  assert.deepEqual(scales, [24_000, 90_000, 90_000, 30_000, 90_000, 60_000, 90_000, 90_000]);
});

test('a repeated sequence header says nothing new; a changed one is a new configuration of the same track', () => {
  const demuxer = new FlvDemuxer();
  assert.equal(tracksOf(demuxer.push(video(configTag(h264.config)))).length, 1);
  assert.deepEqual(demuxer.push(video(configTag(h264.config))), []);
  const other = writeAvcConfig({ ...h264.record, pps: [...h264.record.pps, Uint8Array.of(0x68, 0x53, 0xcb, 0x22, 0xc0)] });
  const [changed] = tracksOf(demuxer.push(video(configTag(other))));
  assert.equal(changed?.id, 100);
  assert.deepEqual(demuxer.push(video(configTag(other))), []);
});

test('frames before their sequence header are dropped with one problem, and the stream then begins', () => {
  const demuxer = new FlvDemuxer();
  const early = pushAll(demuxer, [
    video(frameTag()),
    video(frameTag()),
    audio(Uint8Array.of(0xaf, 1, 0x21)),
    audio(Uint8Array.of(0xaf, 1, 0x21)),
  ]);
  assert.deepEqual(problemsOf(early), ['flv_frame_before_config', 'flv_frame_before_config']);
  assert.equal(framesOf(early).length, 0);
  const later = pushAll(demuxer, [video(configTag(h264.config)), video(frameTag())]);
  assert.deepEqual(
    later.map((event) => event.type),
    ['track', 'frame'],
  );
});

test('in-band parameter sets make the configuration when no record came, or an empty one', () => {
  const inBand = joinLengthPrefixed([...h264.record.sps, ...h264.record.pps, ...nalsOf(h264.first.data)]);
  const expected = framesOf(pushAll(new FlvDemuxer(), [video(configTag(h264.config)), video(frameTag())]))[0];
  for (const before of [[], [video(configTag(new Uint8Array(0)))], [video(configTag(Uint8Array.of(1, 0x64, 0, 0x0b, 0xff, 0xe0, 0)))]]) {
    const events = pushAll(new FlvDemuxer(), [...before, video(frameTag({ data: inBand })), video(frameTag({ data: inBand }))]);
    assert.deepEqual(
      events.map((event) => event.type),
      ['track', 'frame', 'frame'],
    );
    assert.deepEqual([...(framesOf(events)[0]?.data ?? [])], [...(expected?.data ?? [0])], 'parameter sets are not in the frame');
  }
});

test('parameter sets alone in a message configure the track and are no frame', () => {
  const sets = joinLengthPrefixed([...h264.record.sps, ...h264.record.pps]);
  const events = pushAll(new FlvDemuxer(), [video(frameTag({ data: sets })), video(frameTag())]);
  assert.deepEqual(
    events.map((event) => event.type),
    ['track', 'frame'],
  );
});

test('an in-band SPS that differs from the record is a new configuration', () => {
  const demuxer = new FlvDemuxer();
  demuxer.push(video(configTag(h264.config)));
  const [sps] = h264.record.sps;
  assert.ok(sps);
  const other = sps.slice();
  other[3] = 0x1f; // another level
  const built = avcConfigFromParameterSets([other], h264.record.pps);
  assert.ok(built.ok);
  const data = joinLengthPrefixed([other, ...h264.record.pps, ...nalsOf(h264.first.data)]);
  const events = pushAll(demuxer, [video(frameTag({ data })), video(frameTag({ data }))]);
  assert.deepEqual(
    events.map((event) => event.type),
    ['track', 'frame', 'frame'],
  );
  assert.equal(tracksOf(events)[0]?.codecString, 'avc1.64001F');
});

test('a byte stream in place of lengths becomes lengths', () => {
  const annexB = joinAnnexB([...h264.record.sps, ...h264.record.pps, ...nalsOf(h264.first.data)]);
  const [track, frame] = new FlvDemuxer().push(video(frameTag({ data: annexB })));
  assert.equal(track?.type, 'track');
  assert.ok(frame?.type === 'frame');
  assert.deepEqual([...frame.frame.data], [...joinLengthPrefixed(nalsOf(h264.first.data))]);
  assert.equal(frame.frame.key, true);
});

test('two-byte NAL unit lengths become four-byte ones', () => {
  const demuxer = new FlvDemuxer();
  demuxer.push(video(configTag(writeAvcConfig({ ...h264.record, lengthSize: 2 }))));
  const short = Uint8Array.from(nalsOf(h264.first.data).flatMap((nal) => [nal.length >> 8, nal.length & 0xff, ...nal]));
  const [frame] = framesOf(demuxer.push(video(frameTag({ data: short }))));
  assert.deepEqual([...(frame?.data ?? [])], [...h264.first.data]);
});

test('the key flag is read from the bitstream, whatever the tag claims', () => {
  const demuxer = new FlvDemuxer();
  const [, second] = h264.frames;
  assert.ok(second);
  const events = pushAll(demuxer, [
    video(configTag(h264.config)),
    video(frameTag({ key: false })),
    video(writeVideoTag({ ...second, key: true })),
  ]);
  assert.deepEqual(
    framesOf(events).map((frame) => frame.key),
    [true, false],
  );
});

test('a broken frame is one problem and the stream goes on', () => {
  const demuxer = new FlvDemuxer();
  const cut = h264.first.data.subarray(0, h264.first.data.length - 5);
  const events = pushAll(demuxer, [
    video(configTag(h264.config)),
    video(frameTag({ data: cut })),
    video(frameTag({ data: cut })),
    video(frameTag({ data: new Uint8Array(0) })),
    video(frameTag({ compositionTimeMs: 15 * 60 * 1000 + 1 })),
    video(new Uint8Array(0)),
    video(Uint8Array.of(0x17)),
    video(frameTag({ compositionTimeMs: 15 * 60 * 1000 })),
  ]);
  assert.deepEqual(problemsOf(events), [
    'nal_length_overrun',
    'flv_frame_empty',
    'flv_composition_time',
    'flv_video_empty',
    'flv_truncated',
  ]);
  assert.equal(framesOf(events).length, 1);
});

test('a broken sequence header leaves the track as it was', () => {
  const demuxer = new FlvDemuxer();
  demuxer.push(video(configTag(h264.config)));
  const events = pushAll(demuxer, [video(configTag(Uint8Array.of(1, 0x64))), video(frameTag())]);
  assert.deepEqual(problemsOf(events), ['h264_config_truncated']);
  assert.equal(framesOf(events).length, 1);
});

test('AAC: configuration, silence, ADTS with and without configuration', () => {
  const asc = writeAudioTag({ type: 'config', codec: 'aac', trackIndex: 0, config: Uint8Array.of(0x11, 0x90) });
  const adts = Uint8Array.of(0xff, 0xf1, 0x4c, 0x80, 0x01, 0x7f, 0xfc, 0x21, 0x22, 0x23, 0x24);
  const frame = (data: Uint8Array) => audio(writeAudioTag({ type: 'frame', codec: 'aac', trackIndex: 0, nanoOffset: 0, data }), 21);
  const events = pushAll(new FlvDemuxer(), [audio(asc), frame(adts), audio(new Uint8Array(0)), frame(new Uint8Array(0))]);
  assert.deepEqual(
    events.map((event) => event.type),
    ['track', 'frame', 'silence', 'silence'],
  );
  const [stripped] = framesOf(events);
  assert.deepEqual([stripped?.dts, stripped?.key, [...(stripped?.data ?? [])]], [1008, true, [0x21, 0x22, 0x23, 0x24]]);
  const bare = pushAll(new FlvDemuxer(), [frame(adts)]);
  const [track] = tracksOf(bare);
  assert.ok(track?.kind === 'audio');
  assert.deepEqual([track.sampleRate, track.channels, framesOf(bare).length], [48_000, 2, 1]);
});

test('an empty Opus header means stereo', () => {
  const [track] = tracksOf(
    new FlvDemuxer().push(audio(writeAudioTag({ type: 'config', codec: 'opus', trackIndex: 0, config: new Uint8Array(0) }))),
  );
  assert.ok(track?.kind === 'audio');
  assert.deepEqual([track.codec, track.channels, track.timescale], ['opus', 2, 48_000]);
});

test('track indices up to the limit become tracks, one more is a problem', () => {
  const config = (trackIndex: number) => video(writeVideoTag({ type: 'config', codec: 'h264', trackIndex, config: h264.config }));
  const demuxer = new FlvDemuxer();
  assert.equal(tracksOf(demuxer.push(config(MAX_FLV_TRACKS - 1)))[0]?.id, 100 + MAX_FLV_TRACKS - 1);
  assert.deepEqual(problemsOf(demuxer.push(config(MAX_FLV_TRACKS))), ['flv_too_many_tracks']);
  assert.deepEqual(problemsOf(demuxer.push(config(MAX_FLV_TRACKS))), []);
});

test("a message in Node's Buffer is not changed, and its frames are plain arrays of their own kind", () => {
  const demuxer = new FlvDemuxer();
  const config = Buffer.from(configTag(h264.config));
  const before = config.toString('hex');
  const events = pushAll(demuxer, [video(config), video(Buffer.from(frameTag()))]);
  assert.equal(config.toString('hex'), before);
  config.fill(0);
  assert.deepEqual([...(tracksOf(events)[0]?.config ?? [])], [...h264.config]);
  assert.equal(framesOf(events)[0]?.data.constructor, Uint8Array);
});

test('unknown codecs are told once per track', () => {
  const vvc = Uint8Array.from([0x90, ...Buffer.from('vvc1'), 0]);
  const demuxer = new FlvDemuxer();
  assert.deepEqual(problemsOf(pushAll(demuxer, [video(vvc), video(vvc)])), ['flv_codec_unsupported']);
});

test('the end of a sequence and raw metadata are passed on', () => {
  const events = pushAll(new FlvDemuxer(), [
    video(writeVideoTag({ type: 'metadata', codec: 'hevc', trackIndex: 0, data: Uint8Array.of(2, 0) })),
    video(writeVideoTag({ type: 'end', codec: 'h264', trackIndex: 0 })),
    audio(writeAudioTag({ type: 'end', codec: 'opus', trackIndex: 1 })),
  ]);
  assert.deepEqual(events, [
    { type: 'metadata', trackId: 100, data: Uint8Array.of(2, 0) },
    { type: 'end', trackId: 100 },
    { type: 'end', trackId: 201 },
  ]);
});
