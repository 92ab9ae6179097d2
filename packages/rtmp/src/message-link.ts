// What both ends of a connection do alike, below the commands: the handshake (Adobe RTMP 1.0 section 5.2), chunks to messages and back
// (5.3), acknowledgements (5.4.3), and the outputs in their order. What messages mean, and when to stop reading, is each session's own.

import { type Millis, ok, type Result, type WireError } from '@headend/core';
import { ChunkReader } from './chunk-reader.ts';
import { ChunkWriter } from './chunk-writer.ts';
import type { HandshakeStep } from './handshake.ts';
import { IntakeBudget } from './intake-budget.ts';
import type { RtmpMessage } from './message.ts';
import { acknowledgement, maxMessageLength } from './messages.ts';
import { OutputQueue } from './output-queue.ts';

type Handshake = { push(input: Uint8Array): Result<HandshakeStep, WireError> };

export class MessageLink<Event> {
  readonly out = new OutputQueue<Event>();
  readonly intake: IntakeBudget;
  readonly reader = new ChunkReader({ maxLength: maxMessageLength });
  readonly #writer = new ChunkWriter();
  #handshake: Handshake | undefined;

  constructor(handshake: Handshake, now: Millis) {
    this.#handshake = handshake;
    this.intake = new IntakeBudget(now);
  }

  /** Takes bytes in. `handshaken` is true once: when the handshake has just come to its end. */
  receive(bytes: Uint8Array, now: Millis): Result<{ readonly handshaken: boolean }, WireError> {
    this.intake.add(bytes.length, now);
    const step = this.#handshake?.push(bytes);
    if (step === undefined) {
      this.reader.push(bytes);
      return ok({ handshaken: false });
    }
    if (!step.ok) return step;
    const { send, done, consumed } = step.value;
    if (send !== undefined) this.out.send(send);
    if (done) this.#handshake = undefined;
    this.reader.push(bytes.subarray(consumed));
    return ok({ handshaken: done });
  }

  send(message: RtmpMessage): void {
    this.out.send(this.#writer.write(message));
  }

  /** To be called when what came in was read. */
  acknowledge(): void {
    const received = this.intake.acknowledge();
    if (received !== undefined) this.send(acknowledgement(received));
  }
}
