// A program: the least that Node can do for held requests. A bare node:http server that holds every request until so many wait, then answers
// them all at once with the same bytes and no thought. Prints its port, then the nanosecond of each release. Arguments: requests, body bytes.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** As long as our own requests wait: the sockets have gone quiet by then. */
const HOLD_MS = 150;

const [count = 0, bytes = 0] = process.argv.slice(2).map(Number);
const body = Buffer.alloc(bytes, 'x');
let waiting: ServerResponse[] = [];

const release = (): void => {
  const held = waiting;
  waiting = [];
  process.stdout.write(`${process.hrtime.bigint()}\n`);
  for (const response of held) {
    response.setHeader('Content-Type', 'application/vnd.apple.mpegurl');
    response.setHeader('Content-Length', body.length);
    response.end(body);
  }
};

const server = createServer((_request, response) => {
  waiting.push(response);
  if (waiting.length === count) setTimeout(release, HOLD_MS);
});
server.listen(0, '127.0.0.1', () => {
  // A TCP server's address is never a pipe's name.
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
