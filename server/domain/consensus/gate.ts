import type { CombinationSettings } from './settings.ts';

/** A target that the network forecast before: what the naive forecast and the peers together said, and what came. */
export interface PastForecast {
  readonly naive: number;
  /** What the peers together said, before it was shrunk. */
  readonly pooled: number;
  /** What the consensus was in the end. */
  readonly value: number;
  readonly actual: number;
}

/**
 * How much of the way from the naive forecast to the peers to go: what would have had the least absolute error over the
 * window. Going further has to pay: `caution` is what chance alone wins on a stream where nobody knows better.
 */
export function shrinkageOf(past: readonly PastForecast[], settings: CombinationSettings): number {
  if (braked(past, settings)) return 0;
  const { gateWindow, shrinkage, caution, firstTargets, firstShrinkage } = settings;
  const recent = past.slice(-gateWindow);
  const naive = recent.reduce((sum, one) => sum + Math.abs(one.actual - one.naive), 0);
  const price = (caution * naive) / Math.sqrt(Math.max(recent.length, 1));
  let best = { factor: 0, loss: Number.POSITIVE_INFINITY };
  for (const factor of shrinkage) {
    const loss = recent.reduce(
      (sum, one) => sum + Math.abs(one.actual - one.naive - factor * (one.pooled - one.naive)),
      factor * price,
    );
    if (loss < best.loss) best = { factor, loss };
  }
  if (recent.length < firstTargets)
    return recent.length === 0 ? firstShrinkage : Math.min(best.factor, firstShrinkage);
  return best.factor;
}

function braked(past: readonly PastForecast[], { brakeRatio, brakeTargets }: CombinationSettings): boolean {
  let lost = 0;
  for (const { actual, pooled, naive } of past.slice(-brakeTargets))
    lost += Math.abs(actual - pooled) - brakeRatio * Math.abs(actual - naive);
  return lost > 0;
}
