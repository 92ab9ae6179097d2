// The demo's connection over RTMP: @headend/rtmp's publisher behind the port of publication.ts.

import type { FlvOutput, Track } from '@headend/media';
import { connectRtmp, RtmpPublishError, type RtmpPublisher } from '@headend/rtmp/node';
import type { SignalOptions } from './options.ts';
import { type ConnectionEnd, type OpenConnection, type PublishConnection, PublishRefused } from './publication.ts';

/** Statuses that OBS, too, takes as the end. BadName is not one of them: the channel may be free in a moment. */
const FINAL_CODES = new Set(['NetStream.Publish.Denied', 'NetStream.Publish.Rejected', 'NetConnection.Connect.InvalidApp', 'url_invalid']);

/** FLV codec ids for onMetaData; Enhanced RTMP v2 uses the FourCC as a number. */
const CODEC_IDS = { h264: 7, hevc: 0x68766331, av1: 0x61763031, aac: 10, opus: 0x4f707573, none: undefined } as const;

type Destination = { readonly url: string; readonly key: string };

/** Cuts `rtmp://host/app/key` when there is no separate key. */
const destinationOf = (url: string, key: string | undefined): Destination => {
  if (key !== undefined) return { url, key };
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  const slash = path.lastIndexOf('/');
  return { url: path.slice(0, slash), key: url.slice(slash + 1) };
};

/** What may be shown: host and application, without anything that could be a stream key. */
export const withoutKey = (url: string, key: string | undefined): string => destinationOf(url, key).url.replace(/\?.*$/, '');

/** A reconnect request's URL may be absolute or relative (E-RTMP v2, "Reconnect Request"). */
const movedUrl = (from: string, to: string | undefined): string =>
  to !== undefined && URL.canParse(to, from) ? new URL(to, from).href : from;

const metadata = (signal: SignalOptions): Record<string, string | number | boolean> => ({
  width: signal.width,
  height: signal.height,
  framerate: signal.fps,
  videodatarate: signal.bitrate / 1000,
  videocodecid: CODEC_IDS[signal.codec],
  ...(signal.audio === 'none' ? {} : { audiocodecid: CODEC_IDS[signal.audio], audiosamplerate: 48_000, stereo: true }),
  encoder: 'Headend demo',
});

const asRefusal = (code: string, message: string): PublishRefused | undefined =>
  FINAL_CODES.has(code) ? new PublishRefused(message) : undefined;

class RtmpConnection implements PublishConnection {
  readonly ended: Promise<ConnectionEnd>;
  readonly #publisher: RtmpPublisher;

  constructor(publisher: RtmpPublisher) {
    this.#publisher = publisher;
    this.ended = publisher.closed.then(({ code, message }) => {
      const refusal = asRefusal(code, message);
      return refusal === undefined ? { message } : { message, refusal };
    });
  }

  send(message: FlvOutput): boolean {
    return message.type === 'video'
      ? this.#publisher.sendVideo(message.timestampMs, message.body)
      : this.#publisher.sendAudio(message.timestampMs, message.body);
  }

  drained(): Promise<void> {
    return this.#publisher.drained();
  }

  onMoveRequested(listener: (url: string | undefined) => void): void {
    this.#publisher.onReconnectRequest(({ tcUrl }) => listener(tcUrl));
  }

  close(): Promise<void> {
    return this.#publisher.close();
  }
}

/** Connections to one destination. `signal` only cancels the opening; an open connection is closed with a goodbye. */
export const rtmpConnection = (url: string, key: string | undefined, settings: SignalOptions): OpenConnection => {
  let destination = destinationOf(url, key);
  return async (_tracks: readonly Track[], signal, moveTo) => {
    const target = { ...destination, url: movedUrl(destination.url, moveTo) };
    const opening = new AbortController();
    const abort = (): void => opening.abort(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener('abort', abort);
    try {
      const publisher = await connectRtmp({ url: target.url, streamKey: target.key, signal: opening.signal });
      destination = target;
      publisher.sendMetadata(metadata(settings));
      return new RtmpConnection(publisher);
    } catch (error) {
      throw (error instanceof RtmpPublishError && asRefusal(error.code, error.message)) || error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  };
};
