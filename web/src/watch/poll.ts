// How often the channel is asked. Pure.

import { type BackoffPolicy, backoffDelayMs } from '@headend/player/backoff';
import type { Channel } from '../api-shapes.ts';

/** Offline, starting or interrupted: a viewer waits for the picture. */
const WAITING_MS = 2_000;
/** On air the player notices everything by itself; this is for the viewer count and the title. */
const LIVE_MS = 5_000;
const FAILED: BackoffPolicy = { firstDelayMs: 2_000, maxDelayMs: 30_000 };

/** Delay before the next question. `failures` counts the ones in a row without an answer. */
export function pollDelayMs(channel: Channel | undefined, failures: number, random: number): number {
  if (failures > 0) return backoffDelayMs(failures, FAILED, random);
  const live = channel?.live;
  return live?.state === 'live' && !live.interrupted ? LIVE_MS : WAITING_MS;
}
