import type { CombinationSettings } from './settings.ts';

/** How a peer did on the last targets of the window that it was scored on. */
export interface PeerRecord {
  readonly scored: number;
  /** Sum of its absolute errors. */
  readonly errorSum: number;
  /** Sum of the naive forecast's absolute errors on the same targets. */
  readonly naiveSum: number;
}

/** Where worse makes no difference; it also keeps infinity out. */
const MAX_RATIO = 1e100;

/** The record of somebody who was never scored. */
export const NO_RECORD: PeerRecord = { scored: 0, errorSum: 0, naiveSum: 0 };

/** Indices of those of most weight, the heaviest first; of equals the one that is listed first. */
export function leadersOf(weights: readonly number[], count: number): readonly number[] {
  const order = weights.map((_, index) => index);
  return order.sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b).slice(0, count);
}

/**
 * Weights of sum 1 by how peers did lately: proportional to a power of the mean absolute error. Errors are taken relative
 * to the naive forecast's on the same targets, so that leaving out the hard ones wins nothing.
 * Source: Bates & Granger (1969), The Combination of Forecasts; here with absolute errors, a power, and a prior.
 */
export function weightsOf(records: readonly PeerRecord[], settings: CombinationSettings): number[] {
  const { sharpness, priorTargets, priorRatio } = settings;
  const scored = records.reduce((sum, record) => sum + record.scored, 0);
  const naive = records.reduce((sum, { naiveSum }) => sum + naiveSum, 0);
  // A stream that did not move gives no scale; then only having been right counts.
  const unit = scored > 0 && naive > 0 ? naive / scored : Number.MIN_VALUE / Number.EPSILON;
  const ratios = records.map(({ errorSum, naiveSum }) =>
    Math.min((errorSum + priorTargets * priorRatio * unit) / (naiveSum + priorTargets * unit), MAX_RATIO),
  );
  // Relative to the best, so that no power overflows.
  const best = Math.max(Math.min(...ratios), Number.MIN_VALUE);
  const powers = ratios.map((ratio) => (best / Math.max(ratio, best)) ** sharpness);
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
