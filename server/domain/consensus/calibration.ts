import type { Quantile } from './combine-quantiles.ts';
import type { PastForecast } from './gate.ts';
import type { CombinationSettings } from './settings.ts';

/**
 * Quantiles around the consensus' value, drawn from what the peers together say to how far off the consensus really was:
 * the empirical quantiles of its own errors over the last targets. The peers' count as `calibrationTargets` such
 * targets. Peers who say how wrong they will be themselves are, together, less wrong than that.
 * Source: split conformal prediction with signed errors as scores (Vovk, Gammerman & Shafer 2005).
 */
export function calibrated(
  value: number,
  quantiles: readonly Quantile[],
  past: readonly PastForecast[],
  { calibrationWindow, calibrationTargets }: CombinationSettings,
): Quantile[] {
  const recent = calibrationWindow > 0 ? past.slice(-calibrationWindow) : [];
  const errors = recent.map((one) => one.actual - one.value).sort((a, b) => a - b);
  const share = errors.length / (errors.length + calibrationTargets);
  if (errors.length === 0) return [...quantiles];
  return quantiles.map((quantile) => ({
    level: quantile.level,
    value: value + (1 - share) * (quantile.value - value) + share * errorAt(errors, quantile.level),
  }));
}

/** The quantile of ascending errors at which one more would be below with this probability; the outermost beyond them. */
function errorAt(errors: readonly number[], level: number): number {
  const rank = level * (errors.length + 1) - 1;
  const below = Math.min(errors.length - 1, Math.max(0, Math.floor(rank)));
  const lower = errors[below] ?? 0;
  const upper = errors[Math.min(errors.length - 1, below + 1)] ?? lower;
  return lower + Math.min(1, Math.max(0, rank - below)) * (upper - lower);
}
