import { type CanonicalDecimal, compareDecimals } from '../../../schema/decimal.ts';
import { isFarFrom, mean } from './decimal-mean.ts';

/** What one source says of something. */
export interface Quote {
  readonly source: string;
  readonly value: CanonicalDecimal;
}

export interface Agreement {
  /** Null where all are outliers to each other, so that none can be believed. */
  readonly median: CanonicalDecimal | null;
  readonly outliers: readonly Quote[];
}

/** The median: the middle one, or the exact mean of the two in the middle. Throws for none. */
export function median(values: readonly CanonicalDecimal[]): CanonicalDecimal {
  const sorted = [...values].sort(compareDecimals);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError('There is no median of nothing.');
  return upper === lower ? upper : mean(lower, upper);
}

/**
 * Drops what lies more than `maxDeviationPercent` off the median of all, and gives the median of the rest. Of two that
 * disagree by more than twice that, neither can be told to be right: both are outliers.
 */
export function agree(quotes: readonly Quote[], maxDeviationPercent: number): Agreement {
  const middle = median(quotes.map(({ value }) => value));
  const far = quotes.filter(({ value }) => isFarFrom(value, middle, maxDeviationPercent));
  const near = quotes.filter((quote) => !far.includes(quote));
  return { median: near.length > 0 ? median(near.map(({ value }) => value)) : null, outliers: far };
}
