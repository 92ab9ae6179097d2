// Relative times. Pure: now comes in.

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

const format = new Intl.RelativeTimeFormat('en', { numeric: 'always' });

/** `just now`, `5 minutes ago`, `2 hours ago`. A clock that is behind the server's reads as just now. */
export function ago(then: number, now: number): string {
  const seconds = Math.floor((now - then) / 1000);
  for (const [unit, size] of UNITS) {
    if (seconds >= size) return format.format(-Math.floor(seconds / size), unit);
  }
  return 'just now';
}

export function absolute(then: number): string {
  return new Date(then).toLocaleString();
}
