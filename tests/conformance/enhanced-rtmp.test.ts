// FFmpeg 8 (node-av) publishes by Enhanced RTMP what legacy RTMP cannot carry: HEVC, AV1, Opus, several tracks of a kind. FFmpeg's reader finds
// the codecs under the names that players know, and every frame; Chromium says whether its Media Source takes the announced codecs.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
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
const CHROMIUM_DEADLINE_MS = 60_000;

type EnhancedCase = {
  readonly name: string;
  readonly encode: readonly string[];
  readonly pictures?: number;
  readonly sounds?: number;
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
    tags: { video: 'hvc1', audio: 'mp4a' },
    codecs: /^hvc1\.[0-9A-F.]+L\d+[0-9A-F.]*,mp4a\.40\.2$/,
  },
  {
    name: 'av1-opus',
    encode: [...AV1, '-c:a', 'libopus'],
    tags: { video: 'av01', audio: 'Opus' },
    codecs: /^av01\.0\.\d\dM\.08,Opus$/,
  },
  {
    name: 'two-sounds',
    encode: [...H264, '-c:a', 'aac'],
    sounds: 2,
    tags: { video: 'avc1', audio: 'mp4a' },
    codecs: /^avc1\.[0-9A-F]{6},mp4a\.40\.2$/,
  },
  {
    name: 'two-pictures',
    encode: [...H264, '-c:a', 'aac'],
    pictures: 2,
    tags: { video: 'avc1', audio: 'mp4a' },
    codecs: /^avc1\.[0-9A-F]{6},mp4a\.40\.2$/,
  },
];

const encodeClip = async (t: TestContext, folder: string, { name, encode, pictures = 1, sounds = 1 }: EnhancedCase): Promise<string> => {
  const file = path.join(folder, `${name}.mkv`);
  const inputs = [
    ...Array.from({ length: pictures }, (_, i) => `testsrc2=size=${320 / (i + 1)}x${180 / (i + 1)}:rate=${FRAME_RATE}`),
    ...Array.from({ length: sounds }, (_, i) => `sine=frequency=${440 * (i + 1)}:sample_rate=48000`),
  ];
  const maps = inputs.flatMap((_, i) => ['-map', String(i)]);
  const output = [...encode, '-pix_fmt', 'yuv420p', '-t', String(SECONDS), file];
  await runProgram(t, 'ffmpeg', ['-v', 'error', '-y', ...inputs.flatMap((input) => ['-f', 'lavfi', '-i', input]), ...maps, ...output]);
  return file;
};

/** What Chromium answers about a CODECS attribute; undefined without Chromium. */
const chromiumTakes = async (codecs: string, folder: string): Promise<boolean | undefined> => {
  if (missing('chromium') !== false) return undefined;
  const page = `data:text/html,<script>document.title=MediaSource.isTypeSupported('video/mp4; codecs="${codecs}"')</script>`;
  const options = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${path.join(folder, 'chromium')}`];
  const { stdout } = await promisify(execFile)('chromium', [...options, '--dump-dom', page], { timeout: CHROMIUM_DEADLINE_MS });
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
  const { pictures = 1, sounds = 1 } = kind;
  const uris = [...client.followers.keys()].map((uri) => uri.charAt(0));
  assert.deepEqual(uris.toSorted().join(''), 'a'.repeat(sounds) + 'v'.repeat(pictures));
  const [leader, ...others] = await Promise.all([...client.followers.values()].map(fetchRendition));
  assert.ok(leader !== undefined);
  assertContinuous(leader);
  for (const other of others) {
    assertContinuous(other);
    assertAligned(leader, other);
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

test('FFmpeg 8 publishes by Enhanced RTMP', { skip: missing('ffmpeg', 'ffprobe'), concurrency: true }, async (t) => {
  const folder = await temporaryFolder(t, 'enhanced');
  const clips: (readonly [EnhancedCase, string])[] = [];
  for (const kind of CASES) clips.push([kind, await encodeClip(t, folder, kind)]);
  const headend = await startHeadend(t);
  const run = ([kind, file]: readonly [EnhancedCase, string]): Promise<void> =>
    t.test(kind.name, async (each) => {
      const codecs = await publishAndRead(each, headend, kind, file);
      if (kind.name !== 'av1-opus') return;
      const taken = await chromiumTakes(codecs, folder);
      if (taken === undefined) each.diagnostic('chromium is not installed: nobody was asked about CODECS');
      else assert.ok(taken, `Chromium's Media Source takes ${codecs}`);
    });
  await Promise.all(clips.map(run));
});
