// A TCP peer without manners: sends any bytes, keeps what comes back, and sees how the other side ends it.

import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { afterwards } from './cleanup.ts';
import { eventually } from './eventually.ts';

export class RawPeer {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #received = Buffer.alloc(0);
  #over = false;

  constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#over = true;
        resolve();
      });
    });
    // A reset is one of the ends that tests provoke.
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
    });
    socket.on('end', () => socket.end());
  }

  static async open(t: TestContext, port: number): Promise<RawPeer> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    afterwards(t, () => socket.destroy());
    const peer = new RawPeer(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return peer;
  }

  get received(): Buffer {
    return this.#received;
  }

  get over(): boolean {
    return this.#over;
  }

  get text(): string {
    return this.#received.toString('latin1');
  }

  send(bytes: Uint8Array | string): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  got(bytes: number, deadlineMs = 10_000): Promise<true> {
    return eventually(`${bytes} bytes from the server`, deadlineMs, () => this.#received.length >= bytes);
  }

  isCut(what: string, deadlineMs = 15_000): Promise<true> {
    return eventually(`the server ends the connection: ${what}`, deadlineMs, () => this.#over);
  }
}
