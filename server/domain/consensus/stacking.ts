import type { PastForecast } from './gate.ts';
import { ridge } from './ridge.ts';
import { centerOf, meanAround, within } from './robust-mean.ts';
import type { CombinationSettings } from './settings.ts';

/** A peer that the mean may be corrected by. */
export interface Leader {
  readonly weight: number;
  /** What it forecasts now. */
  readonly value: number;
  /** What it forecast of each target of the past; NaN where nothing. */
  readonly history: ArrayLike<number>;
}

/** How many targets there have to be for each coefficient before anything is learned. */
const TARGETS_EACH = 2;

/**
 * What to add to the robust mean `mean` of all peers, learned from what the leaders said of past targets: where a peer is
 * off from the mean, how much of that should have been believed, beyond its weight (or less than it)? Weights alone
 * can't cancel two peers' common error, or one's bias; a regression can. It is a ridge regression of the mean's
 * error on the leaders' distances from it, both cut off where robust means cut, so that nobody's wild value is learned
 * from or added; a part `stackingShare` of it is believed.
 * Source: stacking, Breiman (1996), Stacked Regressions; with the weighted mean in place of zero as what is shrunk to.
 */
export function correctionOf(
  mean: number,
  leaders: readonly Leader[],
  past: readonly PastForecast[],
  settings: CombinationSettings,
): number {
  const { reach, stackingPenalty, stackingShare, stackingReach } = settings;
  if (past.length < TARGETS_EACH * leaders.length) return 0;
  const rows: Float64Array[] = [];
  const errors: number[] = [];
  for (const [at, { actual }] of past.entries()) {
    const values = leaders.map(({ history }) => history[at] ?? Number.NaN);
    const distances = distancesOf(values, leaders, reach);
    if (!distances) continue;
    rows.push(distances.row);
    errors.push(actual - distances.mean);
  }
  const now = distancesOf(
    leaders.map(({ value }) => value),
    leaders,
    reach,
    mean,
  );
  if (!now || rows.length < TARGETS_EACH * leaders.length) return 0;
  const usual = errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length;
  const believed = ridge(
    rows,
    errors.map((error) => within(error, stackingReach * usual)),
    stackingPenalty,
  );
  const correction = now.row.reduce((sum, distance, index) => sum + distance * (believed[index] ?? 0), 0);
  return Number.isFinite(correction) ? stackingShare * correction : 0;
}

/** The leaders' robust mean and their distances from it (or from `around`); 0 for those who said nothing. */
function distancesOf(
  values: readonly number[],
  leaders: readonly Leader[],
  reach: number,
  around?: number,
): { mean: number; row: Float64Array } | undefined {
  const said = values.filter((value) => !Number.isNaN(value));
  if (said.length === 0) return undefined;
  const weights =
    said.length === values.length
      ? leaders.map(({ weight }) => weight)
      : leaders.flatMap(({ weight }, index) => (Number.isNaN(values[index] ?? Number.NaN) ? [] : [weight]));
  const center = centerOf(said, weights, reach);
  const mean = around ?? meanAround(center, said, weights);
  const row = Float64Array.from(values, (value) =>
    Number.isNaN(value) ? 0 : within(value - mean, center.farthest),
  );
  return { mean, row };
}
