// Encoders we did not write publish to the listener: FFmpeg, GStreamer's rtmp2sink and librtmp (rtmpsink, rtmps over TLS).
// Each makes its own test signal. A missing program skips its tests by name. OBS is checked by hand (README).

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { AppError } from '@headend/core';
import { selfSignedCertificate } from './testing/certificate.ts';
import { type RecordedSession, startListener } from './testing/recording-listener.ts';

const KEY = 'live_main_1_secret';
const CLIENT_TIMEOUT_MS = 60_000;
/** AVC sequence header, and AVC key frame. */
const SEQUENCE_HEADER = [0x17, 0];
const KEY_FRAME = [0x17, 1];

type Ran = { readonly code: number; readonly output: string };

const run = (program: string, args: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(program, args, { timeout: CLIENT_TIMEOUT_MS, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });

/** The reason to skip, or false when the program runs. */
const missing = (program: string, args: readonly string[], what: string): string | false =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0 ? false : `${what} is not installed`;

const noFfmpeg = missing('ffmpeg', ['-hide_banner', '-h', 'muxer=flv'], 'ffmpeg');
const noElement = (element: string): string | false => missing('gst-inspect-1.0', ['--exists', element], `GStreamer's ${element}`);
const noGstEncoder = noElement('x264enc') || noElement('flvmux') || noElement('avenc_aac');

/** Two seconds of picture and tone, read in real time. */
const ffmpegArguments = (url: string, extra: readonly string[] = []): string[] => [
  ...['-nostdin', '-loglevel', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25'],
  ...['-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', '2', '-c:v', 'libx264', '-preset', 'ultrafast'],
  ...['-bf', '2', '-g', '25', '-pix_fmt', 'yuv420p', '-c:a', 'aac', ...extra, '-f', 'flv', url],
];

const gstPipeline = (sink: readonly string[]): string[] => [
  ...['-q', 'flvmux', 'name=mux', 'streamable=true', '!', ...sink],
  ...['videotestsrc', 'num-buffers=50', '!', 'video/x-raw,width=320,height=180,framerate=25/1', '!'],
  ...['x264enc', 'tune=zerolatency', 'key-int-max=25', '!', 'h264parse', '!', 'mux.'],
  ...['audiotestsrc', 'num-buffers=90', '!', 'audio/x-raw,rate=48000', '!', 'avenc_aac', '!', 'aacparse', '!', 'mux.'],
];

const startsWith = (body: Uint8Array, [first, second]: readonly number[]): boolean => body[0] === first && body[1] === second;

/** What every publisher must have brought: configuration before media, both tracks together, about two seconds, times that never fall. */
const checkStream = ({ media, metadata }: RecordedSession): void => {
  const of = (kind: string) => media.filter((message) => message.kind === kind);
  const [video, audio] = [of('video'), of('audio')];
  assert.ok(metadata.length >= 1 && metadata[0]?.get('width') === 320, 'metadata');
  assert.ok(startsWith(video[0]?.body ?? new Uint8Array(0), SEQUENCE_HEADER), 'the sequence header comes first');
  assert.ok(video.filter((message) => startsWith(message.body, KEY_FRAME)).length >= 2, 'keyframes');
  assert.ok(video.length >= 50 && audio.length >= 85, `${video.length} video and ${audio.length} audio messages`);
  for (const track of [video, audio]) {
    for (const [i, message] of track.entries()) assert.ok(message.timestampMs >= (track[i - 1]?.timestampMs ?? 0), 'times never fall');
    const last = track.at(-1)?.timestampMs ?? 0;
    assert.ok(last > 1700 && last < 2300, `ends at ${last} ms`);
  }
  assert.ok(media.every((message) => !message.reanchored));
};

describe('FFmpeg', { skip: noFfmpeg }, () => {
  it('publishes and says goodbye', async () => {
    await using fixture = await startListener();
    const ran = await run('ffmpeg', ffmpegArguments(`rtmp://127.0.0.1:${fixture.listener.address.port}/live/${KEY}?a=1`));
    assert.equal(ran.code, 0, ran.output);
    const session = await fixture.session(0);
    assert.deepEqual([(await session.closed).clean, session.request.streamKey, session.request.query.get('a')], [true, KEY, '1']);
    checkStream(session);
  });

  it('starts anywhere, also just before its clock wraps', async () => {
    await using fixture = await startListener();
    const url = `rtmp://127.0.0.1:${fixture.listener.address.port}/live/${KEY}`;
    // 2^32 ms less 796 ms; FFmpeg keeps 31 bits of it.
    const ran = await run('ffmpeg', ffmpegArguments(url, ['-output_ts_offset', '4294966.5', '-copyts']));
    assert.equal(ran.code, 0, ran.output);
    const session = await fixture.session(0);
    await session.closed;
    checkStream(session);
  });

  it('shows why it was refused', async () => {
    await using fixture = await startListener({ refuse: new AppError('key_revoked') });
    const ran = await run('ffmpeg', ffmpegArguments(`rtmp://127.0.0.1:${fixture.listener.address.port}/live/${KEY}`));
    assert.notEqual(ran.code, 0);
    assert.match(ran.output, /The stream key was revoked/);
    const wrongApp = await run('ffmpeg', ffmpegArguments(`rtmp://127.0.0.1:${fixture.listener.address.port}/vod/${KEY}`));
    assert.match(wrongApp.output, /Publish to rtmp:\/\/<host>\/live/);
  });

  it('publishes over TLS', async (context) => {
    const certificate = await selfSignedCertificate();
    if (certificate === undefined) {
      context.skip('openssl is not installed');
      return;
    }
    await using fixture = await startListener({ tls: certificate });
    const ran = await run('ffmpeg', ffmpegArguments(`rtmps://127.0.0.1:${fixture.listener.address.port}/live/${KEY}`));
    assert.equal(ran.code, 0, ran.output);
    const session = await fixture.session(0);
    await session.closed;
    assert.equal(session.request.secure, true);
    checkStream(session);
  });
});

describe('GStreamer rtmp2sink', { skip: noElement('rtmp2sink') || noGstEncoder }, () => {
  it('publishes and says goodbye', async () => {
    await using fixture = await startListener();
    const location = `location=rtmp://127.0.0.1:${fixture.listener.address.port}/live/${KEY}`;
    const ran = await run('gst-launch-1.0', gstPipeline(['rtmp2sink', location]));
    assert.equal(ran.code, 0, ran.output);
    const session = await fixture.session(0);
    assert.equal((await session.closed).clean, true);
    checkStream(session);
  });
});

describe('librtmp (GStreamer rtmpsink)', { skip: noElement('rtmpsink') || noGstEncoder }, () => {
  it('publishes', async () => {
    await using fixture = await startListener();
    const location = `location=rtmp://127.0.0.1:${fixture.listener.address.port}/live/${KEY}`;
    const ran = await run('gst-launch-1.0', gstPipeline(['rtmpsink', location]));
    assert.equal(ran.code, 0, ran.output);
    const session = await fixture.session(0);
    await session.closed;
    checkStream(session);
  });
});
