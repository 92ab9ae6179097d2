// FFmpeg 8 (node-av) publishes by Enhanced RTMP what legacy RTMP cannot carry: HEVC, AV1, Opus, two sound tracks. FFmpeg's reader finds
// the codecs under the names that players know, and every frame; Chromium says whether its Media Source takes the announced codecs.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createChannel, liveOn } from '../kit/channels.ts';
import { assertAligned, assertContinuous, fetchRendition } from '../kit/fetched-media.ts';
import { assertConformant, followPresentation } from '../kit/follow.ts';
import { type Headend, startHeadend, temporaryFolder } from '../kit/headend.ts';
import { missing, runProgram, start } from '../kit/program.ts';
import { probe, readFrames } from '../kit/readers.ts';

const PUBLISHER = fileURLToPath(new URL('../kit/node-av-publisher.ts', import.meta.url));
const SECONDS = 20;
const READ_SECONDS = 3;
const FRAME_RATE = 30;

type EnhancedCase = {
  readonly name: string;
  readonly encode: readonly string[];
  readonly audioTracks: number;
  /** Sample entries as FFmpeg reads them. */
  readonly tags: { readonly video: string; readonly audio: string };
  readonly codecs: RegExp;
};

const HEVC = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error:keyint=60:min-keyint=60:pools=none'];
const AV1 = ['-c:v', 'libsvtav1', '-preset', '12', '-g', '60', '-svtav1-params', 'lp=1'];
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '60'];

const CASES: readonly EnhancedCase[] = [
  {
    name: 'hevc-aac',
    encode: [...HEVC, '-c:a', 'aac'],
    audioTracks: 1,
    tags: { video: 'hvc1', audio: 'mp4a' },
    codecs: /^hvc1\.[0-9A-F.]+L\d+[0-9A-F.]*,mp4a\.40\.2$/,
  },
  {
    name: 'av1-opus',
    encode: [...AV1, '-c:a', 'libopus'],
    audioTracks: 1,
    tags: { video: 'av01', audio: 'Opus' },
    codecs: /^av01\.0\.\d\dM\.08,Opus$/,
  },
  {
    name: 'two-sounds',
    encode: [...H264, '-c:a', 'aac'],
    audioTracks: 2,
    tags: { video: 'avc1', audio: 'mp4a' },
    codecs: /^avc1\.[0-9A-F]{6},mp4a\.40\.2$/,
  },
];

const encodeClip = async (t: TestContext, folder: string, { name, encode, audioTracks }: EnhancedCase): Promise<string> => {
  const file = path.join(folder, `${name}.mkv`);
  const tones = Array.from({ length: audioTracks }, (_, i) => [
    '-f',
    'lavfi',
    '-i',
    `sine=frequency=${440 * (i + 1)}:sample_rate=48000`,
  ]).flat();
  const maps = Array.from({ length: audioTracks + 1 }, (_, i) => ['-map', String(i)]).flat();
  const picture = ['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=${FRAME_RATE}`];
  const output = [...encode, '-pix_fmt', 'yuv420p', '-t', String(SECONDS), file];
  await runProgram(t, 'ffmpeg', ['-v', 'error', '-y', ...picture, ...tones, ...maps, ...output]);
  return file;
};

/** What Chromium answers about a CODECS attribute; undefined without Chromium. */
const chromiumTakes = (codecs: string, folder: string): boolean | undefined => {
  if (missing('chromium') !== false) return undefined;
  const page = `data:text/html,<script>document.title=MediaSource.isTypeSupported('video/mp4; codecs="${codecs}"')</script>`;
  const options = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${path.join(folder, 'chromium')}`];
  const { stdout } = spawnSync('chromium', [...options, '--dump-dom', page], { encoding: 'utf8', timeout: 60_000 });
  return /<title>true<\/title>/.test(stdout);
};

const publishAndRead = async (t: TestContext, headend: Headend, kind: EnhancedCase, file: string): Promise<string> => {
  const channel = await createChannel(headend, kind.name);
  const publisher = start(t, process.execPath, [PUBLISHER, file, channel.publishUrl]);
  const stream = await liveOn(headend, channel.id).catch((cause: unknown) => {
    throw new Error(publisher.output, { cause });
  });
  const url = await headend.manifestUrl(stream.id);
  const { client } = await followPresentation(url, READ_SECONDS);
  assertConformant(client);
  const codecs = client.multivariant.variants[0]?.codecs ?? '';
  assert.match(codecs, kind.codecs);
  const video = client.followers.get('v0/playlist.m3u8');
  const audio = [...client.followers].filter(([uri]) => uri.startsWith('a')).map(([, follower]) => follower);
  assert.ok(video !== undefined);
  assert.equal(audio.length, kind.audioTracks);
  const picture = await fetchRendition(video);
  assertContinuous(picture);
  for (const follower of audio) {
    const sound = await fetchRendition(follower);
    assertContinuous(sound);
    assertAligned(picture, sound);
  }

  const { streams, complaints } = await probe(t, url, { live: true });
  assert.deepEqual(complaints, []);
  const tagOf = (type: string) => streams.find(({ codec_type }) => codec_type === type)?.codec_tag_string;
  assert.deepEqual({ video: tagOf('video'), audio: tagOf('audio') }, kind.tags);
  const read = await readFrames(t, url, { live: true, seconds: READ_SECONDS, decode: true });
  assert.deepEqual(read.complaints, []);
  assert.ok(read.frames.filter(({ stream: index }) => read.kinds.get(index) === 'video').length >= FRAME_RATE);
  return codecs;
};

test('FFmpeg 8 publishes by Enhanced RTMP', { skip: missing('ffmpeg', 'ffprobe') }, async (t) => {
  const folder = await temporaryFolder(t, 'enhanced');
  const headend = await startHeadend(t);
  for (const kind of CASES) {
    await t.test(kind.name, async (each) => {
      const codecs = await publishAndRead(each, headend, kind, await encodeClip(each, folder, kind));
      if (kind.name !== 'av1-opus') return;
      const taken = chromiumTakes(codecs, folder);
      if (taken === undefined) each.diagnostic('chromium is not installed: nobody was asked about CODECS');
      else assert.ok(taken, `Chromium's Media Source takes ${codecs}`);
    });
  }
});
