import { combineQuantiles, type Quantile, type Spread } from './combine-quantiles.ts';
import { type PastForecast, shrinkageOf } from './gate.ts';
import { robustMean } from './robust-mean.ts';
import { COMBINATION, type CombinationSettings } from './settings.ts';
import { type PeerRecord, weightsOf } from './weights.ts';

/** A peer's forecast of the next observation, and how it did before. */
export interface PeerForecast extends Spread {
  readonly record: PeerRecord;
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
  const pooled = robustMean(
    peers.map(({ value }) => value),
    weights,
    settings.reach,
  );
  const shrinkage = shrinkageOf(past, settings);
  const value = shrinkage === 0 ? naive : naive + shrinkage * (pooled - naive);
  return {
    ...{ value, pooled, shrinkage, weights },
    quantiles: combineQuantiles(value, peers, weights, settings.reach),
  };
}
