// The RTMP front door: key, policy, takeover, then tag bodies through the FLV demuxer into a PublishSession.

import { AppError, type Millis } from '@headend/core';
import { FlvDemuxer, type FlvEvent } from '@headend/media';
import type { MediaMessage, PublishControl, Publisher, PublishRequest } from '@headend/rtmp/node';
import type { LiveHub } from '../live/index.ts';
import type { Log, Metrics, RateLimitedLog } from '../observe/index.ts';
import type { PublishGate, PublishGrant } from './ports.ts';
import { PublishSession } from './publish-session.ts';
import type { PublisherSlot, Publishers } from './publishers.ts';

export type RtmpIngestDeps = {
  readonly gate: PublishGate;
  readonly hub: LiveHub;
  readonly publishers: Publishers;
  readonly log: Log;
  readonly rateLimitedLog: RateLimitedLog;
  readonly metrics: Metrics;
  /** Monotonic milliseconds. */
  readonly now: () => Millis;
};

/** Messages in a row that gave no frame, while the demuxer has complained, before the publish ends: about half a minute of video. */
export const MAX_UNREADABLE = 1000;

/** Answers the listener's publish requests. Throws AppError to refuse; the encoder reads its code and text. */
export const createRtmpIngest =
  (deps: RtmpIngestDeps) =>
  async (request: PublishRequest, control: PublishControl): Promise<Publisher> => {
    const authenticated = await deps.gate.authenticate(request.streamKey);
    if (!authenticated.ok) throw authenticated.error;
    const { channelId, policy } = authenticated.value;
    const slot = deps.publishers.claim(channelId, policy, deps.now());
    if (!slot.ok) throw slot.error;
    try {
      const granted = await deps.gate.open(channelId, 'rtmp');
      if (!granted.ok) throw granted.error;
      return new RtmpPublisher(deps, granted.value, slot.value, control, request);
    } catch (error) {
      slot.value.release();
      throw error;
    }
  };

class RtmpPublisher implements Publisher {
  readonly #deps: RtmpIngestDeps;
  readonly #grant: PublishGrant;
  readonly #slot: PublisherSlot;
  readonly #control: PublishControl;
  readonly #session: PublishSession;
  readonly #demuxer = new FlvDemuxer();
  readonly #log: Log;
  /** Messages since the last one that could be read. The demuxer tells each kind of problem once, so its word is no measure. */
  #unreadable = 0;
  #lastProblem: string | undefined;
  #over = false;

  constructor(deps: RtmpIngestDeps, grant: PublishGrant, slot: PublisherSlot, control: PublishControl, request: PublishRequest) {
    this.#deps = deps;
    this.#grant = grant;
    this.#slot = slot;
    this.#control = control;
    this.#log = deps.log.child({ channel: grant.channelId, stream: grant.streamId, session: grant.sessionId });
    const source = deps.hub.open(grant.streamId);
    this.#session = new PublishSession(source, grant.policy, {
      refuse: (error) => this.#refuse(error),
      warn: (code, message) => deps.gate.health(grant.streamId, { code, message }),
    });
    slot.occupy({ lastReceivedAt: () => control.lastReceivedAt, end: (error) => this.#refuse(error) }, grant.streamId);
    this.#log.info({ encoder: request.client.flashVer, secure: request.secure, resumed: grant.resumed }, 'publish started');
  }

  media(message: MediaMessage): void {
    if (this.#over) return;
    this.#deps.metrics.count('headend_ingest_bytes_total', message.body.length, { protocol: 'rtmp' });
    this.#session.received(message.body.length, this.#deps.now());
    const events = this.#demuxer.push({
      type: message.kind,
      timestampMs: message.timestampMs,
      body: message.body,
      wallclock: message.arrivedAt,
    });
    for (const event of events) this.#handle(event);
    this.#judge(events);
  }

  metadata(values: ReadonlyMap<string, unknown>): void {
    const frameRate = values.get('framerate');
    if (typeof frameRate === 'number' && frameRate > 0) this.#demuxer.setFrameRateHint(frameRate);
    const kinds = { video: values.has('videocodecid'), audio: values.has('audiocodecid') };
    if (kinds.video || kinds.audio) this.#session.announce(kinds);
  }

  closed(reason: { readonly clean: boolean; readonly code: string; readonly message: string }): void {
    this.#finish(reason.clean, reason.code, reason.message);
  }

  #handle(event: FlvEvent): void {
    switch (event.type) {
      case 'track':
        this.#session.track(event.track);
        return;
      case 'frame':
        this.#session.frame(event.frame);
        this.#deps.metrics.count('headend_hub_frames_total', 1, { kind: event.frame.trackId >= AUDIO_TRACK_BASE ? 'audio' : 'video' });
        return;
      case 'problem':
        this.#problem(event.error);
        return;
      // Colour and the like repeat what the bitstream says; silence and ends are seen by what does not come.
      case 'metadata':
      case 'silence':
      case 'end':
        return;
    }
  }

  #problem(error: { readonly code: string; readonly message: string }): void {
    this.#lastProblem = error.message;
    this.#deps.gate.health(this.#grant.streamId, { code: error.code, message: error.message });
    this.#deps.rateLimitedLog(`media:${this.#grant.streamId}:${error.code}`, (suppressed) =>
      this.#log.warn({ code: error.code, suppressed }, error.message),
    );
  }

  /** An encoder that sends only what nobody can read must not hold its channel for ever. */
  #judge(events: readonly FlvEvent[]): void {
    const readable = events.some(({ type }) => type === 'frame' || type === 'track');
    this.#unreadable = readable ? 0 : this.#unreadable + 1;
    if (this.#unreadable <= MAX_UNREADABLE || this.#lastProblem === undefined) return;
    this.#refuse(new AppError('media_invalid', `Nothing in the stream can be read: ${this.#lastProblem}.`));
  }

  #refuse(error: AppError): void {
    if (this.#over) return;
    this.#finish(false, error.code, error.message);
    this.#control.refuse(error);
  }

  #finish(clean: boolean, code: string, message: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#session.close();
    this.#slot.release();
    this.#deps.gate.closed(this.#grant.streamId, this.#grant.sessionId, { clean, code });
    this.#deps.metrics.count('headend_publishes_total', 1, { protocol: 'rtmp', code });
    this.#log.info({ code, clean }, `publish ended: ${message}`);
  }
}

/** FlvDemuxer numbers video tracks below and audio tracks from here. */
const AUDIO_TRACK_BASE = 200;
