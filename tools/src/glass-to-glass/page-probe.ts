// The part of the meter that runs inside the page, as an init script behind clock/cells.ts and clock/flash.ts (whose functions it
// finds in the same scope; the imports are removed on the way). It finds the first <video>, also inside shadow roots, and on every presented frame
// reads the clock cells and the flash square; an AudioWorklet on the element's own sound reports beep onsets.
// It only collects; figures are made in report.ts. The DOM is described as far as it is used: this package has no DOM types.

import { readClockCells } from '../clock/cells.ts';
import { flashLevel } from '../clock/flash.ts';

type VideoFrameMetadata = { readonly mediaTime: number; readonly expectedDisplayTime: number; readonly presentedFrames: number };
type Video = {
  readonly currentTime: number;
  readonly videoWidth: number;
  readonly videoHeight: number;
  readonly paused: boolean;
  readonly ended: boolean;
  muted: boolean;
  volume: number;
  requestVideoFrameCallback(callback: (now: number, metadata: VideoFrameMetadata) => void): void;
  getVideoPlaybackQuality(): { readonly droppedVideoFrames: number; readonly totalVideoFrames: number };
  addEventListener(type: string, listener: () => void): void;
};
type Root = { querySelectorAll(selector: string): Iterable<{ readonly shadowRoot?: Root | null }> };
type Canvas2d = {
  drawImage(video: Video, x: number, y: number, w: number, h: number): void;
  getImageData(x: number, y: number, w: number, h: number): { readonly data: Uint8ClampedArray };
};
type DecodedFrame = {
  readonly format: string | null;
  readonly visibleRect: { readonly width: number; readonly height: number } | null;
  allocationSize(): number;
  copyTo(into: Uint8Array): Promise<readonly { readonly offset: number; readonly stride: number }[]>;
  close(): void;
};
type AudioNode = { connect(to: unknown): void };
type AudioContextLike = {
  readonly currentTime: number;
  readonly state: string;
  readonly destination: unknown;
  readonly audioWorklet: { addModule(url: string): Promise<void> };
  createMediaElementSource(video: Video): AudioNode;
  resume(): Promise<void>;
};
declare const document: Root & {
  createElement(name: 'canvas'): { width: number; height: number; getContext(kind: '2d', options: object): Canvas2d | null };
};
declare const VideoFrame: { new (video: Video): DecodedFrame } | undefined;
declare const AudioContext: { new (options: object): AudioContextLike };
declare const AudioWorkletNode: {
  new (
    context: AudioContextLike,
    name: string,
  ): AudioNode & { readonly port: { onmessage: ((event: { readonly data: number }) => void) | null } };
};

export type FrameSample = {
  /** Milliseconds since navigation start. */
  readonly at: number;
  /** Wall clock at which the frame is shown, and at which it was drawn (absent when the cells could not be read). */
  readonly shownAt: number;
  readonly drawnAt: number | undefined;
  readonly mediaTime: number;
  readonly flash: boolean;
};
export type Stall = { readonly at: number; readonly durationMs: number };
export type ProbeLog = {
  readonly frames: FrameSample[];
  readonly stalls: Stall[];
  /** Media time, in seconds, of each beep's first loud sample. */
  readonly beeps: number[];
  waitingEvents: number;
  droppedFrames: number;
  width: number;
  height: number;
  audio: 'none' | 'starting' | 'listening' | `failed: ${string}`;
};

/** Formats whose first plane is 8-bit luma. */
const LUMA_FORMATS = ['I420', 'I420A', 'I422', 'I444', 'NV12'];
/** The picture is scaled to this for reading where its planes cannot be had. */
const CANVAS_WIDTH = 640;
const CANVAS_HEIGHT = 360;
const FLASH_THRESHOLD = 128;
/** A picture that stands still this long is a stall; two frames of the slowest common rate, and timers' own delay. */
const STALL_MS = 250;
const POLL_MS = 25;
/** A minute at 120 frames a second; the meter asks for its log at the end. */
const MAX_FRAMES = 60 * 60 * 120;
/** Pairs of audio clock and media clock kept to translate a beep's time: two seconds of frames. */
const MAX_CLOCK_PAIRS = 240;

/** −30 dBFS; the beep is at −12. An onset needs silence before it. */
const BEEP_WORKLET = `registerProcessor('headend-beep', class extends AudioWorkletProcessor {
  quiet = 0;
  process([input]) {
    const samples = input && input[0];
    if (samples) for (let i = 0; i < samples.length; i++) {
      if (Math.abs(samples[i]) < 0.03) { this.quiet += 1; continue; }
      if (this.quiet > sampleRate / 5) this.port.postMessage((currentFrame + i) / sampleRate);
      this.quiet = 0;
    }
    return true;
  }
});`;

const log: ProbeLog = { frames: [], stalls: [], beeps: [], waitingEvents: 0, droppedFrames: 0, width: 0, height: 0, audio: 'none' };

function findVideo(root: Root): Video | undefined {
  for (const found of root.querySelectorAll('video')) return found as unknown as Video; // the DOM's own type, described above
  for (const element of root.querySelectorAll('*')) {
    const inside = element.shadowRoot ? findVideo(element.shadowRoot) : undefined;
    if (inside !== undefined) return inside;
  }
  return undefined;
}

type Reading = { readonly drawnAt: number | undefined; readonly flash: boolean };
const spareBuffers: Uint8Array[] = [];

/** Copies the decoded planes: a fraction of what drawing to a canvas costs, so that the meter does not slow what it measures. */
async function readPlanes(frame: DecodedFrame): Promise<Reading> {
  const size = frame.allocationSize();
  const spare = spareBuffers.pop();
  const buffer = spare?.length === size ? spare : new Uint8Array(size);
  const [luma] = await frame.copyTo(buffer);
  const { width, height } = frame.visibleRect ?? { width: 0, height: 0 };
  frame.close();
  const plane = buffer.subarray(luma?.offset ?? 0);
  const stride = luma?.stride ?? width;
  const reading = {
    drawnAt: readClockCells(plane, width, height, stride)?.wallMs,
    flash: flashLevel(plane, width, height, stride) > FLASH_THRESHOLD,
  };
  spareBuffers.push(buffer);
  return reading;
}

let canvasContext: Canvas2d | null | undefined;

function readCanvas(video: Video): Reading {
  if (canvasContext === undefined) {
    const canvas = document.createElement('canvas');
    canvas.width = CANVAS_WIDTH;
    canvas.height = CANVAS_HEIGHT;
    canvasContext = canvas.getContext('2d', { willReadFrequently: true, alpha: false });
  }
  if (canvasContext === null) return { drawnAt: undefined, flash: false };
  canvasContext.drawImage(video, 0, 0, CANVAS_WIDTH, CANVAS_HEIGHT);
  const { data } = canvasContext.getImageData(0, 0, CANVAS_WIDTH, CANVAS_HEIGHT);
  return {
    drawnAt: readClockCells(data, CANVAS_WIDTH, CANVAS_HEIGHT)?.wallMs,
    flash: flashLevel(data, CANVAS_WIDTH, CANVAS_HEIGHT) > FLASH_THRESHOLD,
  };
}

async function readPicture(video: Video): Promise<Reading> {
  if (typeof VideoFrame === 'undefined') return readCanvas(video);
  const frame = new VideoFrame(video);
  if (LUMA_FORMATS.includes(frame.format ?? '')) return readPlanes(frame);
  frame.close();
  return readCanvas(video);
}

function watchFrames(video: Video, onFirst: () => void): void {
  let presented = 0;
  const onFrame = (now: number, metadata: VideoFrameMetadata): void => {
    const shownAt = Date.now() + Math.max(0, metadata.expectedDisplayTime - performance.now());
    const { mediaTime } = metadata;
    const unread: Reading = { drawnAt: undefined, flash: false };
    void readPicture(video)
      .catch(() => unread)
      .then((reading) => log.frames.push({ at: now, shownAt, mediaTime, ...reading }));
    presented += 1;
    if (presented === 1) onFirst();
    log.width = video.videoWidth;
    log.height = video.videoHeight;
    log.droppedFrames = video.getVideoPlaybackQuality().droppedVideoFrames;
    if (presented < MAX_FRAMES) video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
}

function watchStalls(video: Video): void {
  let position = video.currentTime;
  let movedAt = performance.now();
  video.addEventListener('waiting', () => {
    if (log.frames.length > 0) log.waitingEvents += 1;
  });
  setInterval(() => {
    const now = performance.now();
    const moved = video.currentTime !== position;
    if (!moved && !video.paused && !video.ended) return;
    if (moved && log.frames.length > 0 && now - movedAt >= STALL_MS) log.stalls.push({ at: movedAt, durationMs: now - movedAt });
    position = video.currentTime;
    movedAt = now;
  }, POLL_MS);
}

/**
 * The element's sound is taken into an audio graph. From then on the element counts a sample as played when the graph pulls it, and
 * that is where the worklet sees it; so the media time of an onset is the element's currentTime at that moment of the audio clock.
 */
async function listen(video: Video): Promise<void> {
  log.audio = 'starting';
  const context = new AudioContext({ latencyHint: 'interactive' });
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([BEEP_WORKLET], { type: 'text/javascript' })));
  const node = new AudioWorkletNode(context, 'headend-beep');
  const source = context.createMediaElementSource(video);
  source.connect(node);
  source.connect(context.destination);
  video.muted = false;
  video.volume = 1;
  await context.resume();
  const pairs: { readonly audio: number; readonly media: number }[] = [];
  setInterval(() => {
    pairs.push({ audio: context.currentTime, media: video.currentTime });
    if (pairs.length > MAX_CLOCK_PAIRS) pairs.shift();
  }, POLL_MS / 3);
  node.port.onmessage = ({ data: onset }) => {
    // Both clocks move in steps; the median difference over the last half second irons them out.
    const differences = pairs.filter(({ audio }) => Math.abs(audio - onset) < 0.5).map(({ audio, media }) => media - audio);
    differences.sort((a, b) => a - b);
    const middle = differences[Math.floor(differences.length / 2)];
    if (middle !== undefined) log.beeps.push(onset + middle);
  };
  log.audio = 'listening';
}

function start(): void {
  const video = findVideo(document);
  if (video === undefined) return;
  clearInterval(search);
  watchStalls(video);
  watchFrames(video, () => {
    listen(video).catch((error: unknown) => {
      log.audio = `failed: ${String(error)}`;
    });
  });
}

const search = setInterval(start, 5);
Object.assign(globalThis, { headendProbe: log });
