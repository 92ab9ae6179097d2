// Seconds as the playlist prints them. DURATION and PART-TARGET share one precision, so that a part that is exactly as long as its
// target compares equal: AVPlayer drops a variant whose part exceeds PART-TARGET by a rounding error.

const DECIMALS = 5;
const SCALE = 10 ** DECIMALS;
/** Below this fraction of the last digit a value counts as exact: it only undoes binary floating-point noise. */
const NOISE = 1e-4;

/** Rounds to the nearest printable value. */
export const printable = (seconds: number): number => Math.round(seconds * SCALE) / SCALE;

/** Rounds up to the next printable value: a target is a maximum, never an average. */
export const printableCeiling = (seconds: number): number => Math.ceil(seconds * SCALE - NOISE) / SCALE;

export const formatSeconds = (seconds: number): string => seconds.toFixed(DECIMALS);

/** Comparison slack for sums of printed values. */
export const PRINT_EPSILON = 0.5 / SCALE;
