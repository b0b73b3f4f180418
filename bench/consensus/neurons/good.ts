import { autoregression } from './autoregression.ts';
import type { MakeMethod } from './method.ts';
import { seasonalChange, seasonalNaive } from './repeating.ts';
import { dampedTrend, seasonalSmoothing, simpleSmoothing } from './smoothing.ts';

const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1);

/** The lags of a season and its neighbours, and the shorter ones before. */
const seasonal = (short: number) => (season: number) =>
  season > 1
    ? [
        ...new Set([
          ...upTo(short),
          season - 1,
          season,
          season + 1,
          2 * season - 1,
          2 * season,
          2 * season + 1,
        ]),
      ]
    : upTo(short);

/** What the honest neurons know how to do, each fitted on the past alone. */
export const SEASONAL_AR = autoregression({ name: 'seasonal AR', lags: seasonal(6), penalty: 1e-3 });
export const LONG_AR = autoregression({
  name: 'long AR',
  lags: (season) => upTo(season > 1 && season <= 48 ? 2 * season + 1 : 24),
  penalty: 1e-3,
});
export const SHORT_AR = autoregression({ name: 'short AR', lags: () => upTo(5), penalty: 1e-2 });
export const RECENT_AR = autoregression({ name: 'recent AR', lags: seasonal(3), penalty: 1e-2, fitOn: 250 });

export const GOOD: readonly MakeMethod[] = [
  SEASONAL_AR,
  LONG_AR,
  seasonalSmoothing,
  RECENT_AR,
  simpleSmoothing,
  SHORT_AR,
  dampedTrend,
  seasonalChange,
  seasonalNaive,
];
