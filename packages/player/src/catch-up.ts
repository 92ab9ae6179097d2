// Live-edge control: which playback rate brings the viewer smoothly to the target latency, and when only a jump helps.
// The target is PART-HOLD-BACK (RFC 8216bis §4.4.3.8) plus a penalty that grows on stalls and decays while playback is calm.
// hls.js' own catch-up needs more than a second of buffer, which a hold-back of 0.6 s never has; hence this controller.
// Pure: seconds in, decisions out. Left out: reading the media element, the viewer's own seeks.

export type CatchUpConfig = {
  /** Errors smaller than this are left alone, so that the rate is exactly 1 most of the time. */
  readonly enterSeconds: number;
  /** A running correction ends below this error. */
  readonly leaveSeconds: number;
  /** Speed change per second of error. */
  readonly gain: number;
  readonly maxRate: number;
  /** Above this the pitch-corrected sound is audibly hurried; used only when far behind. */
  readonly hurriedRate: number;
  readonly hurriedAboveSeconds: number;
  readonly minRate: number;
  /** Largest change of rate per decision. */
  readonly slew: number;
  /** Further behind than this, hurrying would take too long: jump. */
  readonly jumpAboveSeconds: number;
  /** Never hurry with less than this buffered. */
  readonly minBufferSeconds: number;
};

export const CATCH_UP: CatchUpConfig = {
  enterSeconds: 0.12,
  leaveSeconds: 0.03,
  gain: 0.3,
  maxRate: 1.1,
  hurriedRate: 1.3,
  hurriedAboveSeconds: 1.5,
  minRate: 0.95,
  slew: 0.1,
  jumpAboveSeconds: 3.5,
  minBufferSeconds: 0.2,
};

export type CatchUpInput = {
  readonly latency: number;
  readonly target: number;
  readonly bufferAhead: number;
  readonly rate: number;
};

export type CatchUpDecision = { readonly action: 'rate'; readonly rate: number } | { readonly action: 'jump' };

/** One decision; call a few times a second while the viewer follows the live edge. */
export function decideCatchUp(input: CatchUpInput, config: CatchUpConfig = CATCH_UP): CatchUpDecision {
  const error = input.latency - input.target;
  if (error > config.jumpAboveSeconds) return { action: 'jump' };
  const wanted = wantedRate(error, input, config);
  const step = Math.max(-config.slew, Math.min(config.slew, wanted - input.rate));
  return { action: 'rate', rate: roundRate(input.rate + step) };
}

function wantedRate(error: number, input: CatchUpInput, config: CatchUpConfig): number {
  const correcting = input.rate !== 1;
  const threshold = correcting ? config.leaveSeconds : config.enterSeconds;
  if (Math.abs(error) < threshold) return 1;
  if (error > 0 && input.bufferAhead < config.minBufferSeconds) return 1;
  const ceiling = error > config.hurriedAboveSeconds ? config.hurriedRate : config.maxRate;
  return Math.max(config.minRate, Math.min(ceiling, 1 + error * config.gain));
}

/** Steps of 0.02: every change makes the browser reset its time stretcher. */
function roundRate(rate: number): number {
  return Math.round(rate * 50) / 50;
}

export type LatencyPenalty = { readonly seconds: number; readonly changedAt: number };

export const NO_PENALTY: LatencyPenalty = { seconds: 0, changedAt: 0 };

const STALL_PENALTY_SECONDS = 0.2;
const MAX_PENALTY_SECONDS = 2;
/** Calm time before each step back towards the hold-back. */
const CALM_MS = 15_000;
const DECAY_SECONDS = 0.05;

export function penaltyAfterStall(penalty: LatencyPenalty, now: number): LatencyPenalty {
  return { seconds: Math.min(MAX_PENALTY_SECONDS, penalty.seconds + STALL_PENALTY_SECONDS), changedAt: now };
}

export function penaltyAfterCalm(penalty: LatencyPenalty, now: number): LatencyPenalty {
  if (penalty.seconds === 0 || now - penalty.changedAt < CALM_MS) return penalty;
  return { seconds: Math.max(0, penalty.seconds - DECAY_SECONDS), changedAt: now };
}
