import { meanAbsolute } from '../adapters/error-record.ts';

/** Rows of a block, whose mean error is compared. */
const BLOCK = 24;
const LEAST_BLOCKS = 3;

/**
 * Whether the newest errors have left the range of the backtest: their mean is more than four deviations of the block
 * means, and half as much again, above what the backtest had. `live`: errors since the fit; `backtest`: those before.
 */
export function hasDrifted(live: readonly number[], backtest: readonly number[]): boolean {
  if (live.length < BLOCK || backtest.length < LEAST_BLOCKS * BLOCK) return false;
  const blocks: number[] = [];
  for (let end = backtest.length; end >= BLOCK; end -= BLOCK) {
    blocks.push(meanAbsolute(backtest.slice(end - BLOCK, end)));
  }
  const mean = blocks.reduce((sum, block) => sum + block, 0) / blocks.length;
  const variance = blocks.reduce((sum, block) => sum + (block - mean) ** 2, 0) / (blocks.length - 1);
  const now = meanAbsolute(live.slice(-BLOCK));
  return now > Math.max(mean + 4 * Math.sqrt(variance), 1.5 * mean);
}
