// The few statistics that benchmarks need. Pure.

export const sorted = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b);

/** Nearest rank; NaN of nothing. */
export const percentile = (values: readonly number[], fraction: number): number => {
  const ordered = sorted(values);
  return ordered[Math.min(ordered.length - 1, Math.max(0, Math.ceil(ordered.length * fraction) - 1))] ?? Number.NaN;
};

export const median = (values: readonly number[]): number => percentile(values, 0.5);

export const worst = (values: readonly number[]): number => (values.length === 0 ? Number.NaN : Math.max(...values));

/** Least squares: how much y grows for each x. */
export const slope = (points: readonly (readonly [x: number, y: number])[]): number => {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
};
