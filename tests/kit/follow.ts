// A viewer made of our strict client: follows every playlist of a presentation by blocking reload, with a delta update now and then, and
// gives each text to hls-parser too, so that our validator is not the only judge of our writer.

import assert from 'node:assert/strict';
import { parseMediaPlaylist, type Violation } from '@headend/manifest';
import { type PlaylistFollower, PresentationClient } from '@headend/tools/hls-client';
import { parse, setOptions, type types } from 'hls-parser';

const DELTA_EVERY = 5;

/**
 * hls-parser counts three segments where §4.4.4.9 says three target durations: with segments shorter than the target, more than three of
 * them keep their parts. Our validator holds the same tags against the draft's own words.
 */
const COUNTS_SEGMENTS = /Remove EXT-X-PART tags/;

export type Followed = {
  readonly client: PresentationClient;
  /** Media playlist updates seen, all renditions together. */
  readonly updates: number;
  readonly deltaUpdates: number;
};

const parseStrictly = (text: string): void => {
  setOptions({ strictMode: true });
  try {
    parse(text);
  } catch (error) {
    if (!(error instanceof Error && COUNTS_SEGMENTS.test(error.message))) throw error;
  } finally {
    setOptions({ strictMode: false, silent: true });
  }
};

const isMaster = (playlist: types.MasterPlaylist | types.MediaPlaylist): playlist is types.MasterPlaylist => playlist.isMasterPlaylist;

/** hls-parser objects to nothing, and reads from the text what our own parser reads. */
const secondOpinion = (text: string): void => {
  parseStrictly(text);
  const theirs = parse(text);
  if (isMaster(theirs)) return;
  const ours = parseMediaPlaylist(text);
  assert.ok(ours.ok);
  const { segments, open, mediaSequence, skippedSegments } = ours.value;
  assert.equal(theirs.mediaSequenceBase, mediaSequence);
  assert.equal(theirs.skip, skippedSegments ?? 0);
  const complete = theirs.segments.filter(({ uri }) => uri !== undefined && uri !== '');
  assert.deepEqual(
    complete.map(({ uri, duration }) => `${uri} ${duration}`),
    segments.map(({ uri, duration }) => `${uri} ${duration}`),
  );
  const parts = theirs.segments.flatMap((segment) => segment.parts).filter(({ hint }) => !hint);
  assert.deepEqual(
    parts.map(({ uri, duration }) => `${uri} ${duration}`),
    [...segments.flatMap((segment) => segment.parts), ...(open?.parts ?? [])].map(({ uri, duration }) => `${uri} ${duration}`),
  );
};

export const openPresentation = (manifestUrl: string): Promise<PresentationClient> =>
  PresentationClient.open(manifestUrl, undefined, (text, url) => {
    try {
      secondOpinion(text);
    } catch (cause) {
      throw new Error(`hls-parser does not take ${new URL(url).pathname.split('/').slice(-2).join('/')}:\n${text}`, { cause });
    }
  });

/** Until `seconds` have passed on the clock of the media (parts times their duration are real time), or the stream has ended. */
const follow = async (follower: PlaylistFollower, deadline: number, count: (text: string, delta: boolean) => void): Promise<void> => {
  for (let step = 1; performance.now() < deadline; step++) {
    const delta = step % DELTA_EVERY === 0;
    const { playlist, text } = await (delta ? follower.nextDelta() : follower.next());
    count(text, delta);
    if (playlist.ended) return;
  }
};

export const followPresentation = async (manifestUrl: string, seconds: number): Promise<Followed> => {
  const client = await openPresentation(manifestUrl);
  const deadline = performance.now() + seconds * 1000;
  let updates = 0;
  let deltaUpdates = 0;
  const count = (_text: string, delta: boolean): void => {
    updates += 1;
    if (delta) deltaUpdates += 1;
  };
  await Promise.all([...client.followers.values()].map((follower) => follow(follower, deadline, count)));
  client.compare();
  return { client, updates, deltaUpdates };
};

/** Each rule once, with how often and an example. */
export const summarise = (violations: readonly Violation[]): readonly string[] =>
  [...Map.groupBy(violations, ({ level, rule }) => `${level} ${rule}`)].map(
    ([rule, found]) => `${rule} (${found.length}): ${found[0]?.message ?? ''}`,
  );

/** No MUST is broken, and of the SHOULDs only those that the caller names with a reason. */
export const assertConformant = (client: PresentationClient, acceptedShoulds: readonly string[] = []): void => {
  const objections = client.violations.filter(({ level, rule }) => level === 'must' || !acceptedShoulds.includes(rule));
  assert.deepEqual(summarise(objections), []);
};
