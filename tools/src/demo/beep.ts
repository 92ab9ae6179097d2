// The demo sound: silence with a 1 kHz tone for the first 80 ms of each flash. Pure; fills float samples for any span of media time.

import { BEEP_MS, type SignalTimeline } from './timeline.ts';

export const TONE_HZ = 1000;
/** −12 dBFS: clear, and polite through headphones. */
const AMPLITUDE = 0.25;
/** Short enough that the onset is sharp, long enough not to click. */
const FADE_MS = 1;

/** Fills `out` with samples from `firstSample` on. */
export const fillBeeps = (out: Float32Array, firstSample: number, sampleRate: number, timeline: SignalTimeline): void => {
  out.fill(0);
  const perMs = sampleRate / 1000;
  const length = Math.round(BEEP_MS * perMs);
  const fade = FADE_MS * perMs;
  const fromMs = firstSample / perMs - BEEP_MS;
  for (const beep of timeline.beepsIn(fromMs, (firstSample + out.length) / perMs)) {
    const start = Math.round(beep * perMs);
    const end = Math.min(out.length, start + length - firstSample);
    for (let i = Math.max(0, start - firstSample); i < end; i++) {
      const n = firstSample + i - start;
      const envelope = Math.min(1, n / fade, (length - n) / fade);
      out[i] = AMPLITUDE * envelope * Math.sin((2 * Math.PI * TONE_HZ * n) / sampleRate);
    }
  }
};
