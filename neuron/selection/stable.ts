import type { AdapterName, Hyperparameters, Series } from '../adapters/adapter.ts';
import { adapterNamed } from '../adapters/all.ts';
import { Ensemble, loadMembers } from '../adapters/ensemble.ts';
import type { ErrorColumns } from '../adapters/error-record.ts';
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
}

/** `undefined` if none of its rows are left in the series, or the series has been cut before its end. */
export function replayed(series: Series, saved: SavedModel): Stable | undefined {
  const rows = rowsUpTo(series, saved.through);
  if (rows === 0 || series.times[rows - 1] !== saved.through) return undefined;
  const members = loadMembers(saved.members, adapterNamed);
  if (members.length === 0) return undefined;
  const ensemble = new Ensemble({ members, errors: saved.errors, mode: 'average' });
  const times = series.times.slice(0, rows);
  const values = series.values.slice(0, rows);
  for (let row = rows; row < series.values.length; row += 1) {
    ensemble.predict({ times, values }, 1);
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
  };
}
