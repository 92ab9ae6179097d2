// A program of its own: publishes a file by FFmpeg 8 (node-av), which speaks Enhanced RTMP where Debian's ffmpeg does not yet. Packets go
// out untouched at the pace of their decode times. `node node-av-publisher.ts <file> <url>`

import { setTimeout as delay } from 'node:timers/promises';
import { Demuxer, Muxer } from 'node-av/api';

const [file = '', url = ''] = process.argv.slice(2);
const input = await Demuxer.open(file);
const output = await Muxer.open(url, { format: 'flv', input });
for (const stream of input.streams) output.addStream(stream);
const startedAt = performance.now();
for await (const packet of input.packets()) {
  if (packet === null) break;
  const timeBase = input.streams[packet.streamIndex]?.timeBase;
  if (timeBase === undefined) continue;
  const due = (Number(packet.dts) * timeBase.num * 1000) / timeBase.den - (performance.now() - startedAt);
  if (due > 0) await delay(due);
  await output.writePacket(packet, packet.streamIndex);
  packet.free();
}
await output.close();
await input.close();
