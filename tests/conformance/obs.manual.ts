// A real OBS Studio without a screen streams into a server of its own, and what came out is checked like everything else. By hand, because
// it takes a core for a minute: `node tests/conformance/obs.manual.ts [keyframe seconds …]`; 0 is OBS's default, a keyframe every 250 frames.
// Needs obs, Xvfb, dbus-run-session and the obs-headless script of the shared clients (or its path in OBS_HEADLESS).

import { existsSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { liveOn } from '../kit/channels.ts';
import { assertAligned, assertConstantRate, assertContinuous, fetchRendition } from '../kit/fetched-media.ts';
import { assertConformant, followPresentation, summarise } from '../kit/follow.ts';
import { startHeadend } from '../kit/headend.ts';
import { sharedFootage } from '../kit/media.ts';
import { missing, start } from '../kit/program.ts';
import { probe } from '../kit/readers.ts';

const SCRIPT = process.env['OBS_HEADLESS'] ?? fileURLToPath(new URL('../../../shared/clients/obs-headless', import.meta.url));
const STREAMING_SECONDS = 40;
const KILOBITS = 1200;
const FOLLOW_SECONDS = 8;
/** OBS itself takes several seconds to start, its default first group of pictures more than eight. */
const LIVE_DEADLINE_MS = 60_000;
const FRAME_RATE = 30;

const streamFromObs = async (t: TestContext, keyframeSeconds: number): Promise<void> => {
  const headend = await startHeadend(t);
  const { urls, streamKey, channelId } = headend.bootstrap;
  const footage = sharedFootage('bbb-480p-30s.mp4') ?? '';
  const obs = start(t, SCRIPT, [
    ...[urls.rtmp, streamKey, String(STREAMING_SECONDS), footage],
    ...[String(KILOBITS), String(keyframeSeconds)],
  ]);
  const stream = await liveOn(headend, channelId, LIVE_DEADLINE_MS).catch((cause: unknown) => {
    throw new Error(obs.output.slice(-4000), { cause });
  });
  const url = await headend.manifestUrl(stream.id);
  const { client, updates } = await followPresentation(url, FOLLOW_SECONDS);
  const probed = await probe(t, url, { live: true });
  console.log(`${client.text}\n${updates} playlist updates in ${FOLLOW_SECONDS} s`);
  for (const { codec_name, codec_tag_string, start_time } of probed.streams)
    console.log(`${codec_name} ${codec_tag_string} from ${start_time} s`);
  for (const line of [...summarise(client.violations), ...probed.complaints]) console.log(line);
  const renditions = new Map<string, Awaited<ReturnType<typeof fetchRendition>>>();
  for (const [uri, follower] of client.followers) {
    const rendition = await fetchRendition(follower);
    console.log(`${uri}: segments of ${rendition.segments.map(({ segment }) => segment.duration).join(', ')} s`);
    assertContinuous(rendition);
    renditions.set(uri, rendition);
  }
  const [video, audio] = [renditions.get('v0/playlist.m3u8'), renditions.get('a0/playlist.m3u8')];
  if (video === undefined || audio === undefined) throw new Error('OBS sends picture and sound');
  assertAligned(video, audio);
  assertConstantRate(video, FRAME_RATE);
  assertConformant(client);
  await obs.exited;
  console.log(
    headend.program.output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .join('\n'),
  );
};

const skip = missing('obs', 'Xvfb', 'dbus-run-session') || (existsSync(SCRIPT) ? false : 'obs-headless is not there');
const intervals = process.argv.slice(2).map(Number);
for (const seconds of intervals.length === 0 ? [0, 2] : intervals) {
  test(`OBS, ${seconds === 0 ? 'its default keyframe interval' : `a keyframe every ${seconds} s`}`, { skip }, (t) =>
    streamFromObs(t, seconds),
  );
}
