// The media of one publish: audio, video, aggregates and metadata messages to events with usable times.
// Bodies pass untouched; only whether a body carries a frame is looked at, since sequence headers come with meaningless times.

import { ok, type Result, type WireError } from '@headend/core';
import type { AmfValue } from './amf-value.ts';
import { carriesFrame } from './enhanced.ts';
import { MessageType, type RtmpMessage } from './message.ts';
import { metadataOf, parseData, splitAggregate } from './messages.ts';
import { RtmpTimeline } from './timeline.ts';

export type MediaEvent = {
  readonly type: 'media';
  readonly kind: 'audio' | 'video';
  /** From 0, without wraps and leaps. */
  readonly timestampMs: number;
  /** The encoder's clock leapt at this message. */
  readonly reanchored: boolean;
  /** FLV tag body. */
  readonly body: Uint8Array;
};

export type MetadataEvent = { readonly type: 'metadata'; readonly values: ReadonlyMap<string, AmfValue> };

const mediaKinds: ReadonlyMap<number, 'audio' | 'video'> = new Map([
  [MessageType.audio, 'audio'],
  [MessageType.video, 'video'],
]);

export const isMedia = (type: number): boolean =>
  mediaKinds.has(type) || type === MessageType.aggregate || type === MessageType.dataAmf0 || type === MessageType.dataAmf3;

export class PublishMedia {
  readonly #timeline = new RtmpTimeline<'audio' | 'video'>();

  /** The events of one message for which isMedia() holds. */
  read(message: RtmpMessage, now: number): Result<readonly (MediaEvent | MetadataEvent)[], WireError> {
    const kind = mediaKinds.get(message.type);
    if (kind !== undefined) return ok([this.#frame(kind, message, now)]);
    if (message.type === MessageType.aggregate) return this.#aggregate(message, now);
    const values = parseData(message);
    if (!values.ok) return values;
    const metadata = metadataOf(values.value);
    return ok(metadata === undefined ? [] : [{ type: 'metadata', values: metadata }]);
  }

  #frame(kind: 'audio' | 'video', message: RtmpMessage, now: number): MediaEvent {
    const { body } = message;
    if (!carriesFrame(kind, body)) return { type: 'media', kind, timestampMs: this.#timeline.current(kind), reanchored: false, body };
    const stamp = this.#timeline.stamp(kind, message.timestamp, now);
    return { type: 'media', kind, timestampMs: stamp.ms, reanchored: stamp.reanchored, body };
  }

  #aggregate(message: RtmpMessage, now: number): Result<readonly (MediaEvent | MetadataEvent)[], WireError> {
    const parts = splitAggregate(message);
    if (!parts.ok) return parts;
    const events: (MediaEvent | MetadataEvent)[] = [];
    for (const part of parts.value.filter((each) => isMedia(each.type))) {
      const read = this.read(part, now);
      if (!read.ok) return read;
      events.push(...read.value);
    }
    return ok(events);
  }
}
