// Renditions of one stream cut into segments together: the leader (first video track, else first audio) decides where, the others follow
// at their first frame at or after that presentation time. Segment n starts at the same time in every rendition.

import { invariant, type Millis, millis, rescale, type Ticks, ticks, toMillis } from '@headend/core';
import { type Frame, type Track, type TrackId, writeInitSegment } from '@headend/media';
import { FollowerQueue } from './follower-queue.ts';
import type { PackageSink, ResumePoint } from './ports.ts';
import { adaptRendition } from './presentation-planner.ts';
import { type RenditionConfig, RenditionPackager, type WallAnchor } from './rendition-packager.ts';
import { SegmentPolicy } from './segment-policy.ts';

type Follower = {
  readonly packager: RenditionPackager;
  readonly queue: FollowerQueue;
  /** Leader's cuts that this rendition has not reached, in its own ticks. */
  boundaries: { readonly msn: number; readonly at: Ticks }[];
};

export type PresentationConfig = {
  readonly renditions: readonly RenditionConfig[];
  readonly leader: TrackId;
  readonly segmentTargetMs: Millis;
  readonly targetDurationSeconds: number;
  /** What the sink already holds of this stream; its next segment is then a discontinuity. */
  readonly resume: ResumePoint | undefined;
};

export class Presentation {
  readonly #sink: PackageSink;
  readonly #policy: SegmentPolicy;
  readonly #leader: RenditionPackager;
  readonly #leaderId: TrackId;
  readonly #followers: ReadonlyMap<TrackId, Follower>;
  readonly #targetDurationSeconds: number;
  readonly #firstMsn: number;
  #msn: number;
  #initIndex: number;
  /** Whether this epoch's first segments carry EXT-X-DISCONTINUITY. */
  #discontinuity: boolean;
  #epochs = 0;
  #started = false;
  /** First segment of the epoch and the leader's presentation time there: where a follower that comes late begins. */
  #epochMsn = 0;
  #epochStart = 0;
  /** The leader's reorder delay: any later keyframe is presented at its decode time plus this. */
  #delay = 0;
  /** Presentation time before which the leader cannot cut any more. */
  #watermark: Millis = millis(0);

  constructor(sink: PackageSink, config: PresentationConfig) {
    this.#sink = sink;
    this.#policy = new SegmentPolicy(config.segmentTargetMs, config.targetDurationSeconds);
    this.#targetDurationSeconds = config.targetDurationSeconds;
    this.#firstMsn = config.resume?.nextMsn ?? 0;
    this.#msn = this.#firstMsn;
    this.#initIndex = Math.max(0, ...[...(config.resume?.renditions.values() ?? [])].map(({ nextInitIndex }) => nextInitIndex)) - 1;
    this.#discontinuity = config.resume !== undefined;
    this.#leaderId = config.leader;
    const leader = config.renditions.find((rendition) => rendition.track.id === config.leader);
    invariant(leader !== undefined, 'the leader is one of the renditions');
    this.#leader = new RenditionPackager(sink, leader);
    this.#followers = new Map(
      config.renditions.filter((rendition) => rendition !== leader).map((rendition) => [rendition.track.id, follower(sink, rendition)]),
    );
  }

  /** Before the first frame, and again for every epoch of the Source: new wallclock anchor, new init segments, nothing open. */
  beginEpoch(anchor: WallAnchor, tracks: readonly Track[]): void {
    this.#initIndex += 1;
    this.#discontinuity ||= this.#epochs > 0;
    this.#epochs += 1;
    for (const packager of this.#packagers()) {
      const track = tracks.find((candidate) => candidate.id === packager.track.id) ?? packager.track;
      packager.beginEpoch(anchor, adaptRendition(packager.config, track));
      this.#sink.init(packager.id, this.#initIndex, track, writeInitSegment(track));
    }
  }

  get hasClosedSegment(): boolean {
    return this.#msn > this.#firstMsn;
  }

  get resumePoint(): ResumePoint {
    const renditions = this.#packagers().map((packager) => {
      const partTargetMs = toMillis(packager.config.partTarget, packager.track.timescale);
      return [packager.id, { partTargetMs, nextInitIndex: this.#initIndex + 1 }] as const;
    });
    return { targetDurationSeconds: this.#targetDurationSeconds, nextMsn: this.#msn, renditions: new Map(renditions) };
  }

  push(frame: Frame): void {
    if (frame.trackId === this.#leaderId) this.#pushLeader(frame);
    else this.#followers.get(frame.trackId)?.queue.push(frame);
    if (this.#started) this.#advanceFollowers();
  }

  /** Closes everything that is open; what the followers still hold goes out first. */
  flush(): void {
    if (!this.#started) return;
    for (const follower of this.#followers.values()) {
      for (const frame of follower.queue.releaseAll()) this.#pushFollower(follower, frame);
    }
    this.#leader.closeSegment();
    for (const follower of this.#followers.values()) this.#closeFollower(follower);
    this.#msn += 1;
    this.#started = false;
  }

  #pushLeader(frame: Frame): void {
    const leader = this.#leader;
    if (!this.#started && !frame.key) return;
    if (!this.#started) {
      this.#start(frame);
    } else {
      const scale = leader.track.timescale;
      const elapsed = (leader.elapsed(frame.dts) * 1000) / scale;
      if (this.#policy.cutsBefore(elapsed, (leader.config.frameDuration * 1000) / scale, frame.key)) this.#cut(frame);
    }
    leader.add(frame);
    this.#watermark = toMillis(ticks(frame.dts + this.#delay), leader.track.timescale);
  }

  #start(key: Frame): void {
    this.#started = true;
    this.#epochMsn = this.#msn;
    this.#epochStart = key.pts;
    this.#delay = key.pts - key.dts;
    this.#leader.openSegment(this.#msn, this.#initIndex, key.dts, this.#delay, this.#discontinuity);
    for (const follower of this.#followers.values()) follower.boundaries = [];
  }

  #cut(frame: Frame): void {
    this.#leader.closeSegment(frame.dts);
    this.#msn += 1;
    this.#leader.openSegment(this.#msn, this.#initIndex, frame.dts, this.#delay, false);
    for (const follower of this.#followers.values()) {
      follower.boundaries.push({ msn: this.#msn, at: this.#inTicksOf(follower, frame.dts + this.#delay) });
    }
  }

  #advanceFollowers(): void {
    for (const follower of this.#followers.values()) {
      for (const frame of follower.queue.release(this.#watermark)) this.#pushFollower(follower, frame);
    }
  }

  #pushFollower(follower: Follower, frame: Frame): void {
    const { packager } = follower;
    const decode = frame.dts;
    // Nothing is heard before the first picture.
    if (decode < this.#inTicksOf(follower, this.#epochStart)) return;
    const crossed = follower.boundaries.filter(({ at }) => decode >= at);
    if (!packager.segmentOpen) this.#openFollower(follower, crossed.length > 0 ? this.#inTicksOf(follower, this.#epochStart) : decode);
    crossed.forEach(({ msn, at }, i) => {
      const start = i === crossed.length - 1 ? decode : at;
      packager.closeSegment(start);
      packager.openSegment(msn, this.#initIndex, start, 0, false);
    });
    follower.boundaries.splice(0, crossed.length);
    packager.add(frame);
  }

  /**
   * The leader's last segments may have begun after this rendition's last frame. Their numbers stay unused: if the stream goes on, the sink
   * fills them with gaps, and if not, no reader that does not know EXT-X-GAP (FFmpeg before 6.1) asks for what is not there.
   */
  #closeFollower(follower: Follower): void {
    follower.boundaries = [];
    if (follower.packager.segmentOpen) follower.packager.closeSegment();
  }

  #openFollower({ packager }: Follower, start: number): void {
    packager.openSegment(this.#epochMsn, this.#initIndex, start, 0, this.#discontinuity);
  }

  #inTicksOf(follower: Follower, leaderTime: number): Ticks {
    return rescale(ticks(leaderTime), this.#leader.track.timescale, follower.packager.track.timescale);
  }

  #packagers(): readonly RenditionPackager[] {
    return [this.#leader, ...[...this.#followers.values()].map(({ packager }) => packager)];
  }
}

const follower = (sink: PackageSink, config: RenditionConfig): Follower => ({
  packager: new RenditionPackager(sink, config),
  queue: new FollowerQueue(config.track),
  boundaries: [],
});
