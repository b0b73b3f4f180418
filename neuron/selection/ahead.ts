import type { AdapterName, Series } from '../adapters/adapter.ts';
import { Combiner, spoken } from '../adapters/combiner.ts';
import type { ErrorColumns } from '../adapters/error-record.ts';
import { Conformal } from './conformal.ts';
import type { SavedModel } from './saved-model.ts';
import { Spread } from './spread.ts';

/**
 * Forecasts further ahead than one step, by horizon: one for each of the newest rows, made just before that row was
 * known. The first of them is about the row `horizon - 1` after its own.
 */
export type AheadForecasts = ReadonlyMap<number, readonly number[]>;

export interface AheadOptions {
  /** Steps ahead that are to be calibrated; 1 needs nothing here. */
  readonly horizons: readonly number[];
  /** Levels of the quantiles, ascending. */
  readonly levels: readonly number[];
}

/** Newest forecasts of a horizon that are kept: what quantiles are made of, and what was not known yet. */
const ROWS = 320;

/** What the members say together, with the weights that they had before each row. */
export function combinedAhead(
  series: Series,
  errors: ErrorColumns,
  members: ReadonlyMap<AdapterName, AheadForecasts>,
  { horizons, mode }: { readonly horizons: readonly number[]; readonly mode: 'average' | 'best' },
): AheadForecasts {
  const rows = errors.naive?.length ?? 0;
  const first = series.values.length - rows;
  const names = [...members.keys()];
  const combiner = new Combiner(names, {}, mode);
  const said = new Map(horizons.map((horizon) => [horizon, [] as number[]]));
  for (let row = 0; row < rows; row += 1) {
    const naive = series.values[first + row - 1] ?? Number.NaN;
    for (const [horizon, column] of said) {
      const forecasts = new Map<AdapterName, number>();
      for (const [name, ahead] of members) {
        const forecast = ahead.get(horizon)?.at(row - rows);
        if (forecast !== undefined) forecasts.set(name, forecast);
      }
      column.push(spoken(combiner.combination, forecasts, naive));
    }
    combiner.push(new Map(names.map((name) => [name, errors[name]?.[row] ?? Number.NaN])));
  }
  return said;
}

/**
 * Quantiles of each horizon's own errors, as a neuron would have had them at the end of the series: what was forecast
 * `horizon` steps before a row counts from that row on, and not before. `errors`: one-step errors of what was said, up
 * to the newest row, by which the size of errors before each row is known.
 */
export function calibrated(
  series: Series,
  errors: readonly number[],
  said: AheadForecasts,
  { horizons, levels }: AheadOptions,
): SavedModel['ahead'] {
  return horizons.flatMap((horizon) => {
    const forecasts = (said.get(horizon) ?? []).slice(-ROWS);
    if (forecasts.length === 0) return [];
    const offsets = offsetsOf(series, errors, forecasts, { horizon, levels });
    return [{ horizon, levels: [...levels], offsets: offsets ?? [], forecasts }];
  });
}

function offsetsOf(
  { values }: Series,
  errors: readonly number[],
  forecasts: readonly number[],
  { horizon, levels }: { readonly horizon: number; readonly levels: readonly number[] },
): number[] | undefined {
  const near = new Conformal([]);
  const spread = new Spread(levels, horizon);
  const rows = forecasts.length;
  const before = errors.length - rows;
  for (const error of errors.slice(0, Math.max(before, 0))) near.push(error);
  const claims: { readonly size: number; readonly offsets: number[] | undefined }[] = [];
  for (let row = 0; row < rows; row += 1) {
    claims.push({ size: near.size, offsets: spread.offsets() });
    const error = errors[before + row];
    if (error !== undefined) near.push(error);
    // Now this row is known, and with it what was said about it `horizon` steps before.
    const origin = row - horizon + 1;
    const claim = claims[origin];
    const forecast = forecasts[origin];
    if (!claim || forecast === undefined || claim.size === 0) continue;
    const actual = values.at(row - rows) ?? Number.NaN;
    const ratio = (actual - forecast) / claim.size;
    if (Number.isFinite(ratio)) spread.learn(ratio, claim.offsets);
  }
  return spread.offsets();
}

/** What a saved model knows of each further horizon's errors; without those that were calibrated for other levels. */
export function farOffsets(
  saved: SavedModel | null,
  levels: readonly number[],
): ReadonlyMap<number, readonly number[]> {
  const fits = (known: readonly number[]) =>
    known.length === levels.length && known.every((level, index) => level === levels[index]);
  const usable = (saved?.ahead ?? []).filter(({ offsets, ...one }) => fits(one.levels) && offsets.length > 0);
  return new Map(usable.map(({ horizon, offsets }) => [horizon, offsets]));
}
