import type { AdapterName, Hyperparameters, Series } from '../adapters/adapter.ts';
import { adapterNamed } from '../adapters/all.ts';
import { Ensemble, loadMembers } from '../adapters/ensemble.ts';
import type { ErrorColumns } from '../adapters/error-record.ts';
import type { AheadForecasts } from './ahead.ts';
import { rowsUpTo } from './online-model.ts';
import type { SavedModel, SkippedAdapter } from './saved-model.ts';

/** A stable model as a training finds it: brought up to the newest row, without being fitted again. */
export interface Stable {
  /** Rows of the series that it was fitted to. */
  readonly rows: number;
  /** One-step errors of its members, up to the newest row, on rows they were not fitted to. */
  readonly errors: ErrorColumns;
  readonly hyperparameters: ReadonlyMap<AdapterName, Hyperparameters>;
  readonly skipped: readonly SkippedAdapter[];
  readonly generation: number;
  /** What was said of further horizons, up to the newest row; undefined where one of them is missing. */
  readonly ahead: AheadForecasts | undefined;
}

/** `undefined` if none of its rows are left in the series, or the series has been cut before its end. */
export function replayed(
  series: Series,
  saved: SavedModel,
  { horizons, mode }: { readonly horizons: readonly number[]; readonly mode: 'average' | 'best' },
): Stable | undefined {
  const rows = rowsUpTo(series, saved.through);
  if (rows === 0 || series.times[rows - 1] !== saved.through) return undefined;
  const members = loadMembers(saved.members, adapterNamed);
  if (members.length === 0) return undefined;
  const ensemble = new Ensemble({ members, errors: saved.errors, mode });
  const ahead = saidBefore(saved, horizons);
  const times = series.times.slice(0, rows);
  const values = series.values.slice(0, rows);
  for (let row = rows; row < series.values.length; row += 1) {
    ensemble.predict({ times, values }, 1);
    for (const [horizon, said] of ahead ?? []) {
      said.push(ensemble.predict({ times, values }, horizon) ?? Number.NaN);
    }
    times.push(series.times[row] ?? Number.NaN);
    values.push(series.values[row] ?? Number.NaN);
    ensemble.update({ times, values });
  }
  const loaded = members.map(({ adapter }) => adapter.name);
  const hyperparameters = new Map(
    saved.members
      .filter(({ adapter }) => loaded.includes(adapter))
      .map(({ adapter, hyperparameters: chosen }) => [adapter, chosen]),
  );
  return {
    rows,
    errors: ensemble.record,
    hyperparameters,
    skipped: saved.skipped,
    generation: saved.generation,
    ahead,
  };
}

function saidBefore(saved: SavedModel, horizons: readonly number[]): Map<number, number[]> | undefined {
  const known = new Map(saved.ahead.map(({ horizon, forecasts }) => [horizon, [...forecasts]]));
  if (horizons.some((horizon) => !known.has(horizon))) return undefined;
  return new Map(horizons.map((horizon) => [horizon, known.get(horizon) ?? []]));
}
