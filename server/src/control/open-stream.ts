// One stream that has not ended: its phase, the record that mirrors it in the store, its publisher's session, its timer and its health.
// Holds no logic of its own about what may follow what (stream-state.ts) nor about when (stream-service.ts).

import type { WallMs } from '@headend/core';
import type { IngestProtocol } from '../ingest/ports.ts';
import { StreamHealth } from './health.ts';
import type { SessionRecord, StreamRecord } from './ports.ts';
import type { StreamInfo } from './stream-events.ts';
import { infoOfRecord } from './stream-info.ts';
import { isConnected, type Phase, storedState } from './stream-state.ts';

const noTimer = (): void => undefined;

export class OpenStream {
  readonly health = new StreamHealth();
  /** Listeners have heard of it. */
  announced = false;
  #record: StreamRecord;
  #phase: Phase;
  #session: SessionRecord | undefined;
  #nextSessionId: string;
  #endCode = 'closed';
  #cancel: () => void = noTimer;

  constructor(record: StreamRecord, phase: Phase, nextSessionId: string) {
    this.#record = record;
    this.#phase = phase;
    this.#nextSessionId = nextSessionId;
  }

  get id(): string {
    return this.#record.id;
  }

  get channelId(): string {
    return this.#record.channelId;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get record(): StreamRecord {
    return this.#record;
  }

  /** The latest publisher's session, connected or not. */
  get session(): SessionRecord | undefined {
    return this.#session;
  }

  /** The id the next publisher's session will have; promised by POST /v1/streams/start. */
  get nextSessionId(): string {
    return this.#nextSessionId;
  }

  begin(phase: Phase, protocol: IngestProtocol, now: WallMs, followingSessionId: string): void {
    this.#session = { id: this.#nextSessionId, streamId: this.id, protocol, startedAt: now, endedAt: null, endCode: null };
    this.#nextSessionId = followingSessionId;
    this.#endCode = 'closed';
    this.#record = { ...this.#record, protocol };
    this.move(phase, now);
  }

  move(phase: Phase, now: WallMs): void {
    const wasConnected = isConnected(this.#phase);
    this.#phase = phase;
    const state = storedState(phase);
    const connected = isConnected(phase);
    this.#record = {
      ...this.#record,
      state,
      seenAt: connected || wasConnected ? now : this.#record.seenAt,
      liveAt: this.#record.liveAt ?? (state === 'live' ? now : null),
      interruptedAt: phase.kind === 'interrupted' ? now : connected ? null : this.#record.interruptedAt,
      // The last media came when the publisher left, not when the wait for it was over.
      endedAt: phase.kind === 'ended' ? (this.#record.interruptedAt ?? now) : null,
      endReason: phase.kind === 'ended' ? phase.reason : null,
    };
    if (!connected && this.#session?.endedAt === null) this.#session = { ...this.#session, endedAt: now, endCode: this.#endCode };
  }

  seen(now: WallMs): void {
    this.#record = { ...this.#record, seenAt: now };
  }

  /** Why the connected session is about to end. */
  noteEndCode(code: string): void {
    this.#endCode = code;
  }

  setTimer(cancel: () => void): void {
    this.#cancel = cancel;
  }

  cancelTimer(): void {
    this.#cancel();
    this.#cancel = noTimer;
  }

  info(): StreamInfo {
    return {
      ...infoOfRecord(this.#record),
      resumeUntil: this.#phase.kind === 'interrupted' ? this.#phase.until : null,
      sessionId: isConnected(this.#phase) ? this.#phase.sessionId : null,
      health: this.health.list(),
    };
  }
}
