import { robustMean } from './robust-mean.ts';

export interface Quantile {
  /** Strictly between 0 and 1. */
  readonly level: number;
  readonly value: number;
}

/** What a peer says: its quantiles ascend in level and don't descend in value. */
export interface Spread {
  readonly value: number;
  readonly quantiles: readonly Quantile[];
}

/** Levels that the consensus has quantiles at. */
const LEVELS: readonly number[] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95];

/**
 * Averages the peers' quantile functions level by level (Vincent 1912; Ratcliff 1979), each seen from the peer's own
 * value and as robustly as the values are, around the combined value. A peer says nothing of levels beyond its outermost.
 */
export function combineQuantiles(
  value: number,
  peers: readonly Spread[],
  weights: readonly number[],
  reach: number,
): Quantile[] {
  let lowest = Number.NEGATIVE_INFINITY;
  return LEVELS.flatMap((level) => {
    const offsets: number[] = [];
    const offsetWeights: number[] = [];
    for (const [index, peer] of peers.entries()) {
      const at = quantileAt(peer.quantiles, level);
      if (at === undefined) continue;
      offsets.push(at - peer.value);
      offsetWeights.push(weights[index] ?? 0);
    }
    if (offsets.length === 0) return [];
    // Different peers speak at different levels, so the averages alone might descend.
    lowest = Math.max(lowest, value + robustMean(offsets, offsetWeights, reach));
    return [{ level, value: lowest }];
  });
}

/** A quantile function between the levels it is given at, linearly; undefined beyond them. */
function quantileAt(quantiles: readonly Quantile[], level: number): number | undefined {
  const above = quantiles.findIndex((quantile) => quantile.level >= level);
  const upper = quantiles[above];
  if (!upper) return undefined;
  if (upper.level === level) return upper.value;
  const lower = quantiles[above - 1];
  if (!lower) return undefined;
  const share = (level - lower.level) / (upper.level - lower.level);
  return lower.value + share * (upper.value - lower.value);
}
