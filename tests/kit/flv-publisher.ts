// Publishes recorded FLV messages over RTMP, message by message, so that a test can bend times and bytes on their way. Time runs `speed`
// times faster than on the wall: the server takes its clock from the media.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { FlvMessage } from '@headend/media';
import { connectRtmp, type RtmpPublisher } from '@headend/rtmp/node';
import { readFlvFile } from '../../packages/media/src/containers/flv/flv-file.ts';
import { afterwards } from './cleanup.ts';
import { type ClipOptions, makeClip } from './media.ts';
import { runProgram } from './program.ts';

export type Tag = Pick<FlvMessage, 'type' | 'timestampMs' | 'body'>;

/** AVC or AAC sequence header (FLV 10.1 E.4.2.1, E.4.3.1). */
export const isConfiguration = ({ type, body }: Tag): boolean => {
  const legacy = type === 'audio' ? (body[0] ?? 0) >> 4 === 10 : (body[0] ?? 0) % 16 === 7;
  return legacy && body[1] === 0;
};

export const isKeyframe = ({ type, body }: Tag): boolean => type === 'video' && (body[0] ?? 0) >> 4 === 1 && body[1] === 1;

/** An encoded clip as FLV messages, configuration first. */
export const makeTags = async (t: TestContext, folder: string, name: string, options?: ClipOptions): Promise<readonly Tag[]> => {
  const clip = await makeClip(t, folder, name, options);
  const flv = path.join(folder, `${name}.flv`);
  await runProgram(t, 'ffmpeg', ['-v', 'error', '-y', '-i', clip, '-c', 'copy', '-f', 'flv', flv]);
  return readFlvFile(new Uint8Array(await readFile(flv)));
};

/** The tags again and again for `seconds`, their configuration only once. `stepMs` is how long one round lasts. */
export const looped = (tags: readonly Tag[], seconds: number, stepMs: number): readonly Tag[] => {
  const media = tags.filter((tag) => !isConfiguration(tag));
  const rounds = Math.ceil((seconds * 1000) / stepMs);
  const all = Array.from({ length: rounds }, (_, round) =>
    media.map((tag) => ({ ...tag, timestampMs: tag.timestampMs + round * stepMs })),
  ).flat();
  return [...tags.filter(isConfiguration), ...all.filter(({ timestampMs }) => timestampMs < seconds * 1000)];
};

export const connectPublisher = async (t: TestContext, url: string, streamKey: string): Promise<RtmpPublisher> => {
  const publisher = await connectRtmp({ url, streamKey });
  afterwards(t, () => publisher.close());
  return publisher;
};

export type PlayOptions = {
  readonly speed?: number;
  /** What goes out as the message's time; modulo 2^32. */
  readonly time?: (timestampMs: number, tag: Tag) => number;
};

/** Sends the tags in their rhythm. Ends early when the connection is over. */
export const playTags = async (publisher: RtmpPublisher, tags: readonly Tag[], options: PlayOptions = {}): Promise<void> => {
  const { speed = 4, time = (timestampMs) => timestampMs } = options;
  const startedAt = performance.now();
  const first = tags[0]?.timestampMs ?? 0;
  let over = false;
  void publisher.closed.then(() => {
    over = true;
  });
  for (const tag of tags) {
    const due = startedAt + (tag.timestampMs - first) / speed;
    const early = due - performance.now();
    if (early > 0) await delay(early);
    if (over) return;
    const send = tag.type === 'audio' ? publisher.sendAudio : publisher.sendVideo;
    if (!send.call(publisher, time(tag.timestampMs, tag) % 2 ** 32, tag.body)) await publisher.drained();
  }
};
