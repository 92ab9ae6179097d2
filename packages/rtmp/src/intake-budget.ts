// What came in, counted: acknowledgement window (Adobe RTMP 1.0, sections 5.4.3 and 5.4.4), pre-publish budget, chunk rate,
// and when silence becomes a ping, an idle publisher or a stalled one.

import { type Millis, millis } from '@headend/core';
import { MAX_CHUNKS_PER_SECOND, MAX_HELD_BYTES, MAX_PRE_PUBLISH_BYTES, type SessionTimeouts } from './limits.ts';
import { WINDOW_BYTES } from './server-replies.ts';
import type { Deadline } from './session.ts';

const SECOND_MS = 1000;

export class IntakeBudget {
  #received = 0;
  #acknowledged = 0;
  #window = WINDOW_BYTES;
  #restartedAt = 0;
  #lastBytesAt: Millis;
  #lastMessageAt: Millis;
  #lastPingAt: Millis;
  #secondStart: Millis;
  #secondChunks = 0;

  constructor(now: Millis) {
    this.#lastBytesAt = now;
    this.#lastMessageAt = now;
    this.#lastPingAt = now;
    this.#secondStart = now;
  }

  get received(): number {
    return this.#received;
  }

  get lastBytesAt(): Millis {
    return this.#lastBytesAt;
  }

  add(bytes: number, now: Millis): void {
    this.#received += bytes;
    this.#lastBytesAt = now;
  }

  message(now: Millis): void {
    this.#lastMessageAt = now;
  }

  pinged(now: Millis): void {
    this.#lastPingAt = now;
  }

  /** Silence is counted from here: the driver was not reading, or a publish begins. */
  resume(now: Millis): void {
    this.#lastBytesAt = now;
    this.#lastMessageAt = now;
    this.#lastPingAt = now;
  }

  /** The pre-publish budget is counted from here. */
  restart(): void {
    this.#restartedAt = this.#received;
  }

  /** The peer's wish how often to be acknowledged. Zero would mean never; the custom is kept then. */
  window(size: number): void {
    if (size > 0) this.#window = size;
  }

  /** The byte count to acknowledge, when the window is full. */
  acknowledge(): number | undefined {
    if (this.#received - this.#acknowledged < this.#window) return undefined;
    this.#acknowledged = this.#received;
    return this.#received;
  }

  /** Before publishing bytes are few; while a publish is being decided one read's worth may wait unparsed. */
  excess(state: string, unread: number): { readonly code: string; readonly message: string } | undefined {
    if (state === 'authorizing') {
      return unread > MAX_HELD_BYTES ? { code: 'held_bytes', message: 'The client did not wait for the answer to publish.' } : undefined;
    }
    return this.#received - this.#restartedAt - unread > MAX_PRE_PUBLISH_BYTES
      ? { code: 'pre_publish_bytes', message: 'The client sends data without publishing.' }
      : undefined;
  }

  tooManyChunks(chunks: number, now: Millis): boolean {
    if (now - this.#secondStart >= SECOND_MS) {
      this.#secondStart = now;
      this.#secondChunks = chunks;
    }
    return chunks - this.#secondChunks > MAX_CHUNKS_PER_SECOND;
  }

  deadline(timeouts: SessionTimeouts): Deadline {
    const idle = { at: millis(this.#lastBytesAt + timeouts.idleMs), reason: 'idle_timeout' };
    const stall = { at: millis(this.#lastMessageAt + timeouts.stallMs), reason: 'stall_timeout' };
    const ping = { at: millis(Math.max(this.#lastBytesAt, this.#lastPingAt) + timeouts.pingMs), reason: 'ping' };
    return [idle, stall, ping].reduce((soonest, each) => (each.at < soonest.at ? each : soonest));
  }
}
