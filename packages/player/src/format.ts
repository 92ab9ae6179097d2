// Figures as people read them: always with a unit. Pure; wording beyond units lives in strings.ts.

const NOTHING = '–';

/** `1.1 s`; from a minute on `2:05`. */
export function formatLatency(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return NOTHING;
  if (seconds >= 60) return formatClock(seconds);
  return `${Math.max(0, seconds).toFixed(1)} s`;
}

/** `0:05`, `12:34`, `1:02:03`. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

export function formatBitrate(bitsPerSecond: number | null): string {
  if (bitsPerSecond === null || !Number.isFinite(bitsPerSecond) || bitsPerSecond <= 0) return NOTHING;
  if (bitsPerSecond < 1_000_000) return `${Math.round(bitsPerSecond / 1000)} kb/s`;
  return `${(bitsPerSecond / 1_000_000).toFixed(1)} Mb/s`;
}

/** What people call a picture of this size: the short side. */
export function formatHeight(width: number, height: number): string {
  const lines = Math.min(width, height);
  return lines > 0 ? `${lines}p` : NOTHING;
}

export function formatMillis(milliseconds: number | null): string {
  return milliseconds === null || !Number.isFinite(milliseconds) ? NOTHING : `${Math.round(milliseconds)} ms`;
}
