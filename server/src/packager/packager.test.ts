// The packager over every cadence that encoders send: part and segment rules, alignment, continuity of media, discontinuities.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Timescale } from '@headend/core';
import { type Frame, parseChunks, type Track, VideoFrameClock, type VideoTrack } from '@headend/media';
import type { LiveEvent } from '../live/index.ts';
import {
  audioFrames,
  audioTrack,
  type Cadence,
  frameEvents,
  interleave,
  type RecordedSegment,
  RecordingSink,
  TARGETS,
  tracksEvent,
  videoFrames,
  videoTrack,
} from './packager.test-kit.ts';
import { Packager } from './packager.ts';

const run = (events: readonly LiveEvent[]): RecordingSink => {
  const sink = new RecordingSink();
  const packager = new Packager(sink, TARGETS);
  for (const event of events) packager.push(event);
  return sink;
};

const closed = (segments: readonly RecordedSegment[]) => segments.filter((segment) => segment.durationTicks !== undefined);

/** llhls sheet §2: DURATION never above PART-TARGET; at least 85 % of it but for the last of a segment, or beside a gap. */
const assertPartRules = (sink: RecordingSink, rendition: string): void => {
  const plan = sink.plans.at(-1)?.renditions.find(({ id }) => id === rendition);
  assert.ok(plan);
  for (const segment of closed(sink.of(rendition))) {
    segment.parts.forEach((part, i) => {
      const ms = (part.durationTicks * 1000) / plan.track.timescale;
      assert.ok(ms <= plan.partTargetMs + 1e-9, `part ${segment.msn}.${i} lasts ${ms} of ${plan.partTargetMs} ms`);
      const exempt = i === segment.parts.length - 1 || part.gap || segment.parts[i + 1]?.gap === true;
      if (!exempt) assert.ok(ms >= plan.partTargetMs * 0.85, `part ${segment.msn}.${i} lasts only ${ms} of ${plan.partTargetMs} ms`);
    });
  }
};

const assertSegmentRules = (sink: RecordingSink, rendition: string): void => {
  const plan = sink.plans[0];
  const track = plan?.renditions.find(({ id }) => id === rendition)?.track;
  assert.ok(plan && track);
  sink.of(rendition).forEach((segment, i, all) => {
    assert.equal(segment.msn, (all[0]?.msn ?? 0) + i, 'media sequence numbers are consecutive');
    if (segment.durationTicks === undefined) return;
    assert.equal(
      segment.durationTicks,
      segment.parts.reduce((sum, part) => sum + part.durationTicks, 0),
    );
    assert.ok(Math.round(segment.durationTicks / track.timescale) <= plan.targetDurationSeconds);
  });
};

/** The media of one epoch: every chunk begins exactly where its predecessor ended. Returns all samples. */
const samplesOf = (segments: readonly RecordedSegment[]) => {
  const samples = [];
  let next: number | undefined;
  for (const segment of segments) {
    if (segment.discontinuity) next = undefined;
    for (const part of segment.parts) {
      const chunks = parseChunks(part.bytes);
      assert.ok(chunks.ok);
      for (const chunk of chunks.value) {
        if (next !== undefined) assert.equal(chunk.baseDecodeTime, next, `tfdt of ${segment.msn}.${part.part}`);
        next = chunk.baseDecodeTime + chunk.samples.reduce((sum, sample) => sum + sample.duration, 0);
        samples.push(...chunk.samples);
      }
    }
  }
  return samples;
};

const startSeconds = (segment: RecordedSegment, scale: Timescale): number => segment.startTicks / scale;

const snapped = (track: VideoTrack, frames: readonly Frame[]): Frame[] => {
  const clock = new VideoFrameClock(track);
  return frames.map((frame) => clock.place(frame));
};

const cadences: readonly (readonly [string, Cadence & { readonly scale?: number }])[] = [
  ['24 fps', { seconds: 13, frameRate: 24, gopFrames: 48 }],
  ['25 fps, B-frames', { seconds: 13, frameRate: 25, gopFrames: 50, reorder: 2 }],
  ['29.97 fps', { seconds: 13, frameRate: 30_000 / 1001, gopFrames: 60, scale: 30_000 }],
  ['30 fps, one-second GOP', { seconds: 13, frameRate: 30, gopFrames: 30 }],
  ['50 fps', { seconds: 9, frameRate: 50, gopFrames: 100 }],
  ['60 fps', { seconds: 9, frameRate: 60, gopFrames: 120 }],
  ['12.5 fps', { seconds: 13, frameRate: 12.5, gopFrames: 25 }],
  ['30 fps, the 250-frame GOP of an unconfigured encoder', { seconds: 40, frameRate: 30, gopFrames: 250 }],
  ['30 fps, one keyframe only', { seconds: 40, frameRate: 30, gopFrames: 100_000 }],
];

for (const [name, cadence] of cadences) {
  for (const millisecondTimes of [false, true]) {
    test(`${name}${millisecondTimes ? ' in milliseconds' : ''}: rules, alignment and continuity hold`, () => {
      const video = videoTrack(cadence.frameRate, cadence.scale);
      const audio = audioTrack();
      const tracks: Track[] = [video, audio];
      const pictures = snapped(video, videoFrames(video, { ...cadence, millisecondTimes }));
      const sink = run([
        tracksEvent(tracks),
        ...frameEvents(interleave(tracks, pictures, audioFrames(audio, cadence.seconds))),
        { type: 'end' },
      ]);

      for (const rendition of ['v0', 'a0']) {
        assertPartRules(sink, rendition);
        assertSegmentRules(sink, rendition);
      }
      assert.equal(samplesOf(sink.of('v0')).length, pictures.length, 'every picture is there once');
      const dropped = pictures[0] === undefined ? 0 : (pictures[0].pts - pictures[0].dts) / video.timescale;
      const expectedAudio = audioFrames(audio, cadence.seconds).filter((frame) => frame.pts / audio.timescale >= dropped - 1e-9);
      assert.equal(samplesOf(sink.of('a0')).length, expectedAudio.length, 'sound from the first picture on is there once');

      assert.equal(sink.of('a0').length, sink.of('v0').length);
      sink.of('v0').forEach((segment, i) => {
        const other = sink.of('a0')[i];
        assert.ok(other);
        const difference = startSeconds(other, audio.timescale) - startSeconds(segment, video.timescale);
        assert.ok(difference >= -1e-4 && difference <= 1024 / 48_000 + 1e-4, `segment ${segment.msn} starts ${difference} s apart`);
      });
      assert.ok(sink.ended);
    });
  }
}

test('segments begin with a keyframe, and only such parts are independent', () => {
  const video = videoTrack(30);
  const frames = videoFrames(video, { seconds: 10, frameRate: 30, gopFrames: 60 });
  const sink = run([tracksEvent([video]), ...frameEvents(frames), { type: 'end' }]);
  assert.equal(sink.of('v0').length, 5);
  for (const segment of sink.of('v0')) {
    assert.deepEqual(
      segment.parts.map(({ independent }) => independent),
      [true, ...Array.from({ length: 9 }, () => false)],
    );
  }
});

test('with B-frames a segment is dated by its first presentation time, and decode times stay the encoder’s', () => {
  const video = videoTrack(25);
  const frames = videoFrames(video, { seconds: 6, frameRate: 25, gopFrames: 50, reorder: 2 });
  const sink = run([tracksEvent([video]), ...frameEvents(frames), { type: 'end' }]);
  for (const segment of sink.of('v0')) {
    const chunks = parseChunks(segment.parts[0]?.bytes ?? new Uint8Array());
    assert.ok(chunks.ok);
    const first = chunks.value[0];
    assert.equal(first?.samples[0]?.pts, segment.startTicks);
    assert.equal(first?.baseDecodeTime, segment.startTicks - 2 * 3600);
  }
});

test('a stream whose first keyframe interval passes the longest segment is playable with its first closed segment', () => {
  const track = videoTrack(24);
  const sink = new RecordingSink();
  let playableAt: number | undefined;
  let framesPushed = 0;
  const packager = new Packager(sink, { ...TARGETS, onPlayable: () => (playableAt ??= framesPushed) });
  packager.push(tracksEvent([track]));
  for (const event of frameEvents(videoFrames(track, { seconds: 14, frameRate: 24, gopFrames: 250 }))) {
    framesPushed += 1;
    packager.push(event);
  }
  assert.equal(playableAt, 251, 'with the keyframe that closes the first segment');
  assert.equal(closed(sink.of('v0')).length, 1);
});

test('sound alone is a presentation too', () => {
  const audio = audioTrack(44_100);
  const sink = run([tracksEvent([audio]), ...frameEvents(audioFrames(audio, 10)), { type: 'end' }]);
  assertPartRules(sink, 'a0');
  assertSegmentRules(sink, 'a0');
  assert.ok(sink.of('a0').length >= 4);
});

test('a returning encoder continues the numbers behind a discontinuity with a new init segment', () => {
  const video = videoTrack(30);
  const audio = audioTrack();
  const tracks: Track[] = [video, audio];
  const take = (startMs: number): LiveEvent[] =>
    frameEvents(
      interleave(tracks, videoFrames(video, { seconds: 5, frameRate: 30, gopFrames: 60, startMs }), audioFrames(audio, 5, startMs)),
    );
  const sink = run([tracksEvent(tracks), ...take(0), { type: 'interrupted' }, tracksEvent(tracks, 2), ...take(5100), { type: 'end' }]);
  for (const rendition of ['v0', 'a0']) {
    assertSegmentRules(sink, rendition);
    const breaks = sink.of(rendition).filter(({ discontinuity }) => discontinuity);
    assert.equal(breaks.length, 1);
    assert.equal(breaks[0]?.initIndex, 1);
    samplesOf(sink.of(rendition));
  }
  assert.equal(
    sink.of('v0').find(({ discontinuity }) => discontinuity)?.msn,
    sink.of('a0').find(({ discontinuity }) => discontinuity)?.msn,
  );
  assert.equal(sink.plans.length, 1, 'the plan stands');
});

test('the target duration and part targets of a stream outlive a restart of the process', () => {
  const video = videoTrack(30);
  const sink = new RecordingSink();
  const resume = {
    targetDurationSeconds: 6,
    nextMsn: 41,
    renditions: new Map([['v0', { partTargetMs: TARGETS.partTargetMs, nextInitIndex: 3 }]]),
  };
  const packager = new Packager(sink, { ...TARGETS, resume });
  for (const event of [tracksEvent([video]), ...frameEvents(videoFrames(video, { seconds: 5, frameRate: 30, gopFrames: 60 }))]) {
    packager.push(event);
  }
  assert.equal(sink.plans[0]?.targetDurationSeconds, 6);
  assert.deepEqual(sink.inits, [{ rendition: 'v0', index: 3 }]);
  assert.deepEqual(
    sink.of('v0').map(({ msn, discontinuity }) => [msn, discontinuity]),
    [
      [41, true],
      [42, false],
      [43, false],
    ].slice(0, sink.of('v0').length),
  );
});

test('a hole in the sound keeps both renditions’ segments together', () => {
  const video = videoTrack(30);
  const audio = audioTrack();
  const tracks: Track[] = [video, audio];
  const sound = audioFrames(audio, 20).filter((frame) => frame.pts < 48_000 * 5 || frame.pts > 48_000 * 12.3);
  const sink = run([
    tracksEvent(tracks),
    ...frameEvents(interleave(tracks, videoFrames(video, { seconds: 20, frameRate: 30, gopFrames: 60 }), sound)),
    { type: 'end' },
  ]);
  assertPartRules(sink, 'a0');
  assertSegmentRules(sink, 'a0');
  assert.deepEqual(
    sink.of('a0').map(({ msn }) => msn),
    sink.of('v0').map(({ msn }) => msn),
  );
  assert.ok(sink.of('a0').some(({ parts }) => parts.some(({ gap }) => gap)));
});

test('an encoder that ends between a keyframe and its first sound leaves no segment without media', () => {
  const video = videoTrack(30);
  const audio = audioTrack();
  const tracks: Track[] = [video, audio];
  const sound = audioFrames(audio, 7.99);
  const events = frameEvents(interleave(tracks, videoFrames(video, { seconds: 8.1, frameRate: 30, gopFrames: 60 }), sound));
  const sink = run([tracksEvent(tracks), ...events, { type: 'end' }]);
  assert.equal(closed(sink.of('v0')).length, 5);
  assert.equal(closed(sink.of('a0')).length, 4);
  assert.ok(sink.of('a0').every(({ parts }) => parts.some(({ gap }) => !gap)));
});

test('a picture that stands still for a second becomes one part and gap parts', () => {
  const video = videoTrack(30);
  const frames = videoFrames(video, { seconds: 8, frameRate: 30, gopFrames: 60 }).filter((_, i) => i < 130 || i > 160);
  const sink = run([tracksEvent([video]), ...frameEvents(frames), { type: 'end' }]);
  assertPartRules(sink, 'v0');
  assertSegmentRules(sink, 'v0');
  assert.equal(samplesOf(sink.of('v0')).length, frames.length);
});

for (const [frameRate, gopFrames] of [
  [30, 60],
  [25, 50],
  [12.5, 25],
  [60, 120],
] as const) {
  test(`frames that an encoder left out at ${frameRate} fps make no part too short, and listed time stays with the media`, () => {
    const video = videoTrack(frameRate);
    const frames = videoFrames(video, { seconds: 30, frameRate, gopFrames }).filter(
      (frame, i) => frame.key || i < gopFrames || (i * 7) % 11 > 1,
    );
    const sink = run([tracksEvent([video]), ...frameEvents(frames), { type: 'end' }]);
    assertPartRules(sink, 'v0');
    assertSegmentRules(sink, 'v0');
    assert.equal(samplesOf(sink.of('v0')).length, frames.length);
    const start = sink.of('v0')[0]?.startTicks ?? 0;
    let listed = 0;
    for (const segment of sink.of('v0')) {
      assert.ok(Math.abs(segment.startTicks - start - listed) <= 0.25 * video.timescale, 'no segment is listed far from its media');
      listed += segment.durationTicks ?? 0;
    }
  });
}

test('a new track set is a new plan with the same constants', () => {
  const video = videoTrack(30);
  const audio = audioTrack();
  const alone = videoFrames(video, { seconds: 5, frameRate: 30, gopFrames: 60 });
  const together = interleave(
    [video, audio],
    videoFrames(video, { seconds: 5, frameRate: 30, gopFrames: 60, startMs: 5100 }),
    audioFrames(audio, 5, 5100),
  );
  const sink = run([
    tracksEvent([video]),
    ...frameEvents(alone),
    { type: 'interrupted' },
    tracksEvent([video, audio], 2),
    ...frameEvents(together),
    { type: 'end' },
  ]);
  assert.deepEqual(
    sink.plans.map(({ renditions }) => renditions.map(({ id }) => id)),
    [['v0'], ['v0', 'a0']],
  );
  assert.equal(sink.plans[0]?.renditions[0]?.partTargetMs, sink.plans[1]?.renditions[0]?.partTargetMs);
  const first = sink.of('a0')[0];
  assert.equal(first?.msn, sink.of('v0').find(({ discontinuity }) => discontinuity)?.msn);
});

test('nothing is published before a keyframe, and an end without one is still an end', () => {
  const video = videoTrack(30);
  const sink = run([
    tracksEvent([video]),
    ...frameEvents(videoFrames(video, { seconds: 2, frameRate: 30, gopFrames: 60 }).slice(1, 50)),
    { type: 'end' },
  ]);
  assert.equal(sink.plans.length, 0);
  assert.ok(sink.ended);
});
