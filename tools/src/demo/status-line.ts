// Tells a person how the demo is doing: one line that rewrites itself on a terminal; elsewhere a line per change of state and one
// every half minute.

import type { DemoStatus } from './run-demo.ts';

export type StatusOutput = { readonly isTTY?: boolean; write(text: string): unknown };

const PLAIN_EVERY_MS = 30_000;

const uptimeText = (ms: number): string => {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
};

const sentence = (status: DemoStatus, destination: string): string => {
  switch (status.type) {
    case 'connecting':
      return `demo: connecting to ${destination}`;
    case 'live':
      return `demo: live on ${destination}`;
    case 'running': {
      const lost = status.framesLost === 0 ? '' : `, ${status.framesLost} frames lost`;
      return `demo: ${status.fps.toFixed(1)} fps, ${Math.round(status.kbps)} kb/s, up ${uptimeText(status.uptimeMs)}${lost}`;
    }
    case 'ended':
      return `demo: sent ${status.frames} frames in ${uptimeText(status.uptimeMs)}, ${status.framesLost} lost`;
    case 'lost':
      return `demo: ${status.reason}; trying again in ${(status.retryInMs / 1000).toFixed(1)} s`;
  }
};

/** `destination` is shown, so it must not hold a stream key. */
export const statusLine = (output: StatusOutput, destination: string): ((status: DemoStatus) => void) => {
  let lastPlainAt = 0;
  let rewriting = false;
  return (status) => {
    const text = sentence(status, destination);
    if (status.type !== 'running') {
      output.write(`${rewriting ? '\n' : ''}${text}\n`);
      rewriting = false;
      lastPlainAt = 0;
    } else if (output.isTTY) {
      output.write(`\r${text}\u001b[K`);
      rewriting = true;
    } else if (status.uptimeMs - lastPlainAt >= PLAIN_EVERY_MS) {
      output.write(`${text}\n`);
      lastPlainAt = status.uptimeMs;
    }
  };
};
