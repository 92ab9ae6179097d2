// A program: many keep-alive connections that ask for the same thing at once and wait for it together, round after round. Bare sockets and
// a reader of Content-Length only, so that what is measured is the server. Prints one JSON line a round. Arguments: one JSON document.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export type HeldRequestsPlan = {
  readonly host: string;
  readonly port: number;
  /** Asked for by every connection; with `playlist` it gets the delivery directives of a part that does not exist yet. */
  readonly path: string;
  readonly playlist: boolean;
  readonly connections: number;
  readonly rounds: number;
};

/** Nanoseconds of CLOCK_MONOTONIC as text: they do not fit a number exactly. */
export type HeldRound = {
  /** All requests were on their way. */
  readonly askedNs: string;
  readonly firstByteNs: string;
  readonly lastDoneNs: string;
  readonly bytes: number;
  readonly statuses: readonly number[];
};

const HEAD_END = '\r\n\r\n';
/** Parts ahead of the newest: far enough that every request is there before it, near enough that the server waits. */
const PARTS_AHEAD = 2;

type Answer = { readonly status: number; readonly body: string; readonly bytes: number };

class Connection {
  readonly #socket: Socket;
  readonly #host: string;
  #chunks: Buffer[] = [];
  #received = 0;
  #total: number | undefined;
  #bodyStart = 0;
  #done: ((answer: Answer) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;
  firstByteNs = 0n;
  doneNs = 0n;

  constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#fail?.(error));
    socket.on('close', () => this.#fail?.(new Error('the server closed the connection')));
  }

  static async open(host: string, port: number): Promise<Connection> {
    const socket = connect(port, host);
    await once(socket, 'connect');
    return new Connection(socket, `${host}:${port}`);
  }

  get(path: string, coding: 'gzip' | 'identity'): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#done = resolve;
    this.#fail = reject;
    this.firstByteNs = 0n;
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nAccept-Encoding: ${coding}\r\n\r\n`);
    return promise;
  }

  #take(chunk: Buffer): void {
    if (this.firstByteNs === 0n) this.firstByteNs = process.hrtime.bigint();
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    if (this.#total === undefined) {
      const head = Buffer.concat(this.#chunks).toString('latin1');
      const end = head.indexOf(HEAD_END);
      if (end < 0) return;
      this.#bodyStart = end + HEAD_END.length;
      const [, length] = /^content-length: *(\d+)/im.exec(head.slice(0, end)) ?? [];
      if (length === undefined) this.#fail?.(new Error('an answer without Content-Length'));
      this.#total = this.#bodyStart + Number(length);
    }
    if (this.#received < this.#total) return;
    this.doneNs = process.hrtime.bigint();
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#received = 0;
    this.#total = undefined;
    const status = Number(all.toString('latin1', 9, 12));
    this.#done?.({ status, body: all.toString('utf8', this.#bodyStart), bytes: all.length });
  }

  close(): void {
    this.#fail = undefined;
    this.#socket.destroy();
  }
}

/** Directives for a part soon after the newest one. Where the segment ends before, the first part of the next one answers. */
const directives = (playlist: string): string => {
  const sequence = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(playlist)?.[1] ?? 0);
  const segments = playlist.match(/^#EXTINF:/gm)?.length ?? 0;
  const open = playlist.slice(playlist.lastIndexOf('#EXTINF:'));
  const parts = open.match(/^#EXT-X-PART:/gm)?.length ?? 0;
  return `?_HLS_msn=${sequence + segments}&_HLS_part=${parts + PARTS_AHEAD - 1}`;
};

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);

const run = async ({ host, port, path, playlist, connections, rounds }: HeldRequestsPlan): Promise<void> => {
  const scout = await Connection.open(host, port);
  const held = await Promise.all(Array.from({ length: connections }, () => Connection.open(host, port)));
  try {
    for (let round = 0; round < rounds; round++) {
      const target = playlist ? path + directives((await scout.get(path, 'identity')).body) : path;
      const answers = held.map((connection) => connection.get(target, 'gzip'));
      const askedNs = process.hrtime.bigint();
      const all = await Promise.all(answers);
      const report: HeldRound = {
        askedNs: String(askedNs),
        firstByteNs: String(held.map(({ firstByteNs }) => firstByteNs).reduce(min)),
        lastDoneNs: String(held.map(({ doneNs }) => doneNs).reduce(max)),
        bytes: all[0]?.bytes ?? 0,
        statuses: [...new Set(all.map(({ status }) => status))],
      };
      process.stdout.write(`${JSON.stringify(report)}\n`);
    }
  } finally {
    for (const connection of [scout, ...held]) connection.close();
  }
};

if (import.meta.main) await run(JSON.parse(process.argv[2] ?? '{}') as HeldRequestsPlan);
