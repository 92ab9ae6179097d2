// What a person at a real encoder reads when a publish is refused, and who may take over a channel. ffmpeg prints the status
// description of NetStream.Publish.*; the server's log names the code and never a key.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createChannel, liveOn, rotateKey, type TestChannel, type TestPolicy } from '../kit/channels.ts';
import { eventually } from '../kit/eventually.ts';
import { type Headend, startHeadend, temporaryFolder } from '../kit/headend.ts';
import { makeClip, publishFile, x264 } from '../kit/media.ts';
import { missing, type Program } from '../kit/program.ts';

const REFUSAL_DEADLINE_MS = 20_000;
const TAKEOVER_AFTER_MS = 1000;

const assertRefused = async (ffmpeg: Program, description: RegExp): Promise<void> => {
  await eventually('ffmpeg gives up', REFUSAL_DEADLINE_MS, () => !ffmpeg.running);
  assert.notEqual(await ffmpeg.exited, 0);
  assert.match(ffmpeg.output, description);
};

const refusedKeys = async (t: TestContext, headend: Headend, clip: string): Promise<void> => {
  const channel = await createChannel(headend, 'revoked');
  const newKey = await rotateKey(headend, channel.id);
  assert.notEqual(newKey, channel.streamKey);
  const { rtmp } = headend.bootstrap.urls;
  const wrong = newKey.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')).replace(/(.{10})$/, (end) => [...end].reverse().join(''));
  const keys = [
    ['wrong', wrong, /The stream key is not valid\./],
    ['revoked', channel.streamKey, /The stream key was revoked; copy the current one\./],
    ['malformed', 'live_is-not_a-key', /A stream key looks like live_<channel>_<version>_<signature>/],
    [
      'of an unknown channel',
      newKey.replace('_revoked_', '_nobody_'),
      /The (?:stream key is not valid|channel of this stream key does not exist)\./,
    ],
  ] as const;
  for (const [name, key, description] of keys) {
    await t.test(name, async (each) => assertRefused(publishFile(each, clip, `${rtmp}/${key}`), description));
  }
  for (const [, key] of keys) assert.ok(!headend.program.output.includes(key.slice(-20)), 'no key in the log');
};

const POLICIES: readonly (readonly [string, TestPolicy, RegExp])[] = [
  ['resolution', { max_width: 160, max_height: 160 }, /320x180 is larger than 160x160\./],
  ['codec', { codecs: ['av1', 'opus', 'aac'] }, /h264 is not accepted here; choose one of: /],
  ['frame-rate', { max_frame_rate: 24 }, /30 frames per second; this channel allows 24\./],
  [
    'keyframes',
    { max_keyframe_interval_ms: 1000, keyframe_interval: 'refuse' },
    /No keyframe for 1\.\d s; set the encoder's keyframe interval/,
  ],
];

const takeover = async (t: TestContext, headend: Headend, channel: TestChannel, clip: string): Promise<void> => {
  const first = publishFile(t, clip, channel.publishUrl);
  const stream = await liveOn(headend, channel.id);
  await assertRefused(publishFile(t, clip, channel.publishUrl), /Another encoder is live with this key\./);
  assert.ok(first.running);

  first.child.kill('SIGSTOP');
  const second = await eventually('a second encoder gets in', REFUSAL_DEADLINE_MS, async () => {
    const candidate = publishFile(t, clip, channel.publishUrl);
    const started = (): number => headend.program.output.split('"publish started"').length;
    const before = started();
    await eventually('an answer', REFUSAL_DEADLINE_MS, () => !candidate.running || started() > before);
    return candidate.running ? candidate : undefined;
  });
  assert.equal((await liveOn(headend, channel.id)).id, stream.id, 'the stream goes on');
  first.child.kill('SIGCONT');
  await assertRefused(first, /Another encoder took over|Broken pipe|Connection reset|Error/);
  assert.ok(second.running, second.output);
};

test('stream auth as an encoder sees it', { skip: missing('ffmpeg') }, async (t) => {
  const folder = await temporaryFolder(t, 'clips');
  const clip = await makeClip(t, folder, 'clip', { seconds: 30, video: x264(60) });
  const headend = await startHeadend(t, { env: { HEADEND_POLICY_TAKEOVER_AFTER_MS: String(TAKEOVER_AFTER_MS) } });
  await t.test('refused keys are named to the encoder', (each) => refusedKeys(each, headend, clip));
  await t.test('a channel’s policy is explained to the encoder', async (each) => {
    for (const [name, policy, description] of POLICIES) {
      const channel = await createChannel(headend, name, policy);
      await each.test(name, (one) => assertRefused(publishFile(one, clip, channel.publishUrl), description));
    }
  });
  await t.test('a healthy publisher stays, a silent one is replaced', async (each) =>
    takeover(each, headend, await createChannel(headend, 'takeover'), clip),
  );
  const keys = /live_[a-z0-9-]+_\d+_[A-Za-z0-9_-]{20,}/.exec(headend.program.output.split('Ctrl-C stops it.')[1] ?? '');
  assert.equal(keys, null, 'the log shows no stream key');
});
