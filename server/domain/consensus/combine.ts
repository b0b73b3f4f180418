import { calibrated } from './calibration.ts';
import { combineQuantiles, type Quantile, type Spread } from './combine-quantiles.ts';
import { type PastForecast, shrinkageOf } from './gate.ts';
import { robustMean } from './robust-mean.ts';
import { COMBINATION, type CombinationSettings } from './settings.ts';
import { correctionOf } from './stacking.ts';
import { leadersOf, type PeerRecord, weightsOf } from './weights.ts';

/** A peer's forecast of the next observation, and how it did before. */
export interface PeerForecast extends Spread {
  readonly record: PeerRecord;
  /** What it forecast of each target of the past, NaN where nothing: of the leaders only. */
  readonly history?: ArrayLike<number> | undefined;
}

export interface Combination {
  readonly value: number;
  /** What the peers together say: the value before it is shrunk, which later gates learn from. */
  readonly pooled: number;
  /** 0 where the naive forecast stands, 1 where the peers do. */
  readonly shrinkage: number;
  readonly quantiles: readonly Quantile[];
  /** By index of the peers; of sum 1. */
  readonly weights: readonly number[];
}

/**
 * The network's forecast out of its peers': weighted by their records, robustly averaged, and shrunk toward the naive
 * forecast as far as that was better lately. `past` is in order, the newest last; there is one peer at least.
 * Values are doubles here: a forecast has no digits that a double lacks. See docs/consensus.md.
 */
export function combine(
  naive: number,
  peers: readonly PeerForecast[],
  past: readonly PastForecast[],
  settings: CombinationSettings = COMBINATION,
): Combination {
  const weights = weightsOf(
    peers.map(({ record }) => record),
    settings,
  );
  const pooled = pooledOf(naive, peers, weights, past, settings);
  const shrinkage = shrinkageOf(past, settings);
  const value = shrinkage === 0 ? naive : naive + shrinkage * (pooled - naive);
  return {
    ...{ value, pooled, shrinkage, weights },
    quantiles: calibrated(value, combineQuantiles(value, peers, weights, settings.reach), past, settings),
  };
}

/** The robust mean with its correction, within what peers and the naive forecast say. */
function pooledOf(
  naive: number,
  peers: readonly PeerForecast[],
  weights: readonly number[],
  past: readonly PastForecast[],
  settings: CombinationSettings,
): number {
  const values = peers.map(({ value }) => value);
  const mean = robustMean(values, weights, settings.reach);
  const leaders = leadersOf(weights, settings.leaders).flatMap((index) => {
    const { value = 0, history } = peers[index] ?? {};
    return history ? [{ value, history, weight: weights[index] ?? 0 }] : [];
  });
  const corrected = mean + correctionOf(mean, leaders, past, settings);
  return Math.min(Math.max(naive, ...values), Math.max(Math.min(naive, ...values), corrected));
}
