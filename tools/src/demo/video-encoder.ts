// Encodes painted pictures with node-av (FFmpeg in process): low delay, no B-frames, keyframes by media time, bitrate capped over
// one second. The painter writes straight into the encoder's frame buffer, so no picture is copied.

import { invariant, ticks, timescale, wallMs } from '@headend/core';
import type { Frame as MediaFrame, VideoTrack } from '@headend/media';
import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_TRC_BT709,
  FF_ENCODER_LIBSVTAV1,
  FF_ENCODER_LIBX264,
  FF_ENCODER_LIBX265,
} from 'node-av/constants';
import { Codec, CodecContext, CodecParameters, Frame, Packet, Rational } from 'node-av/lib';
import { framePayload } from './elementary.ts';
import { quietCodecLog, setEncoderOption } from './encoder-options.ts';
import type { DemoVideoCodec, SignalOptions } from './options.ts';
import type { Picture } from './picture.ts';
import { type FrameRate, frameRate } from './timeline.ts';

export const VIDEO_TRACK_ID = 1;

const ENCODERS = { h264: FF_ENCODER_LIBX264, hevc: FF_ENCODER_LIBX265, av1: FF_ENCODER_LIBSVTAV1 } as const;

const privateOptions = (codec: DemoVideoCodec, keyframeFrames: number): Record<string, string> => {
  switch (codec) {
    case 'h264':
      return { preset: 'superfast', tune: 'zerolatency', 'forced-idr': '1', 'x264-params': 'scenecut=0:force-cfr=1' };
    case 'hevc':
      return {
        preset: 'ultrafast',
        tune: 'zerolatency',
        'forced-idr': '1',
        'x265-params': `log-level=error:scenecut=0:open-gop=0:keyint=${keyframeFrames}:min-keyint=${keyframeFrames}:pools=none`,
      };
    case 'av1':
      // Low-delay prediction structure with constant bitrate; one logical processor.
      return { preset: '12', 'svtav1-params': 'pred-struct=1:rc=2:scd=0:lp=1' };
  }
};

/** Ticks per second in which every frame time is an integer and rounding to milliseconds stays harmless. */
const videoTimescale = ({ num }: FrameRate): number => (num >= 1000 ? num : num * 1000);

export class VideoEncoder {
  readonly track: VideoTrack;
  readonly #context = new CodecContext();
  readonly #frame = new Frame();
  readonly #packet = new Packet();
  readonly #codec: DemoVideoCodec;
  readonly #ticksPerFrame: number;
  readonly #keyframeFrames: number;
  #keyframesSeen = 0;
  readonly #wallOf = new Map<number, number>();

  constructor(options: SignalOptions) {
    quietCodecLog();
    const rate = frameRate(options.fps);
    this.#codec = options.codec;
    this.#keyframeFrames = Math.max(1, Math.round((options.keyframeSeconds * rate.num) / rate.den));
    this.#open(options, rate);
    const scale = videoTimescale(rate);
    this.#ticksPerFrame = (scale * rate.den) / rate.num;
    const parameters = new CodecParameters();
    parameters.alloc();
    parameters.fromContext(this.#context);
    const config = parameters.getDecoderConfigurationRecord();
    const codecString = parameters.getCodecString();
    parameters.free();
    invariant(config !== null && codecString !== null, 'the video encoder gave no configuration');
    this.track = {
      id: VIDEO_TRACK_ID,
      kind: 'video',
      codec: options.codec,
      timescale: timescale(scale),
      config: Uint8Array.from(config),
      // Parameter sets are in the configuration only, which is what hvc1 says (ISO/IEC 14496-15, 8.4.1).
      codecString: codecString.replace(/^hev1/, 'hvc1'),
      width: options.width,
      height: options.height,
      frameRate: options.fps,
      colour: { primaries: 1, transfer: 1, matrix: 1, fullRange: false },
    };
    this.#frame.alloc();
    this.#frame.width = options.width;
    this.#frame.height = options.height;
    this.#frame.format = AV_PIX_FMT_YUV420P;
    invariant(this.#frame.getBuffer(0) >= 0, 'no memory for a picture');
    this.#packet.alloc();
  }

  #open(options: SignalOptions, rate: FrameRate): void {
    const encoder = Codec.findEncoderByName(ENCODERS[options.codec]);
    invariant(encoder !== null, `the ${options.codec} encoder is not part of this build`);
    const context = this.#context;
    context.allocContext3(encoder);
    context.width = options.width;
    context.height = options.height;
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.timeBase = new Rational(rate.den, rate.num);
    context.framerate = new Rational(rate.num, rate.den);
    context.gopSize = this.#keyframeFrames;
    context.maxBFrames = 0;
    context.bitRate = BigInt(Math.round(options.bitrate));
    if (options.codec !== 'av1') {
      context.rcMaxRate = BigInt(Math.round(options.bitrate));
      context.rcBufferSize = Math.round(options.bitrate);
    }
    context.colorPrimaries = AVCOL_PRI_BT709;
    context.colorTrc = AVCOL_TRC_BT709;
    context.colorSpace = AVCOL_SPC_BT709;
    context.colorRange = AVCOL_RANGE_MPEG;
    context.threadCount = 1;
    context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    for (const [name, value] of Object.entries(privateOptions(options.codec, this.#keyframeFrames))) setEncoderOption(context, name, value);
    const opened = context.open2Sync(encoder);
    invariant(opened >= 0, `the ${options.codec} encoder refused its settings (${opened})`);
  }

  /** The picture to paint on next. Valid until `encode`. */
  picture(): Picture {
    invariant(this.#frame.makeWritable() >= 0, 'no memory for a picture');
    const planes = this.#frame.data;
    const [y, u, v] = planes ?? [];
    const [yStride, uStride, vStride] = this.#frame.linesize;
    invariant(y && u && v && yStride && uStride && vStride, 'the encoder frame has no planes');
    return {
      width: this.track.width,
      height: this.track.height,
      y: { data: y, stride: yStride },
      u: { data: u, stride: uStride },
      v: { data: v, stride: vStride },
    };
  }

  /** Encodes the painted picture as frame number `frame`; `drawnAt` travels with it as the frame's wallclock. */
  encode(frame: number, drawnAt: number): MediaFrame[] {
    this.#frame.pts = BigInt(frame);
    // Encoders count the frames they get; where frames were skipped, keyframes must still come on time.
    const keyframesDue = Math.floor(frame / this.#keyframeFrames) + 1;
    this.#frame.pictType = keyframesDue > this.#keyframesSeen ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    this.#keyframesSeen = keyframesDue;
    this.#wallOf.set(frame, drawnAt);
    const sent = this.#context.sendFrameSync(this.#frame);
    invariant(sent >= 0, `the video encoder failed (${sent})`);
    return this.#drain();
  }

  flush(): MediaFrame[] {
    this.#context.sendFrameSync(null);
    return this.#drain();
  }

  #drain(): MediaFrame[] {
    const out: MediaFrame[] = [];
    while (this.#context.receivePacketSync(this.#packet) >= 0) {
      const data = this.#packet.data;
      const pts = Number(this.#packet.pts);
      const wall = this.#wallOf.get(pts);
      this.#wallOf.delete(pts);
      if (data !== null) {
        out.push({
          trackId: VIDEO_TRACK_ID,
          pts: ticks(pts * this.#ticksPerFrame),
          dts: ticks(Number(this.#packet.dts) * this.#ticksPerFrame),
          wallclock: wallMs(wall ?? 0),
          key: this.#packet.isKeyframe,
          data: framePayload(this.#codec, data),
        });
      }
      this.#packet.unref();
    }
    return out;
  }

  close(): void {
    this.#packet.free();
    this.#frame.free();
    this.#context.freeContext();
  }
}
