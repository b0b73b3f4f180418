import type { Adapter, FitContext, FittedModel, Series } from '../adapters/adapter.ts';
import type { AheadForecasts } from './ahead.ts';

/** The first rows of a series. */
export function firstRows({ times, values }: Series, rows: number): Series {
  return { times: times.slice(0, rows), values: values.slice(0, rows) };
}

/** The newest start of a series that was asked for. */
const STARTS = new WeakMap<Series, Series>();

/** Its first rows as the same object each time: adapters that build on others find what those were fitted to. */
function startOf(series: Series, rows: number): Series {
  const known = STARTS.get(series);
  if (known?.values.length === rows) return known;
  const start = firstRows(series, rows);
  STARTS.set(series, start);
  return start;
}

/**
 * One-step errors (forecast − actual) on the rows from `from` on of a model that was fitted to the rows before alone: it
 * is handed each row after it has forecast it. Where it has nothing to say, the error is naive's. `ahead`: what it said
 * just before each of these rows about those of further `horizons`.
 */
export function walk(
  adapter: Adapter,
  series: Series,
  from: number,
  context: FitContext,
  horizons: readonly number[] = [],
): { readonly model: FittedModel; readonly errors: number[]; readonly ahead: AheadForecasts } {
  const start = startOf(series, from);
  const model = adapter.fit(start, context);
  const [times, values] = [[...start.times], [...start.values]];
  const errors: number[] = [];
  const ahead = new Map(horizons.map((horizon) => [horizon, [] as number[]]));
  for (let row = from; row < series.values.length; row += 1) {
    const value = series.values[row] ?? Number.NaN;
    const forecast = model.predict({ times, values }, 1) ?? Number.NaN;
    errors.push((Number.isFinite(forecast) ? forecast : (values.at(-1) ?? value)) - value);
    for (const [horizon, said] of ahead) {
      const further = model.predict({ times, values }, horizon) ?? Number.NaN;
      said.push(Number.isFinite(further) ? further : (values.at(-1) ?? value));
    }
    times.push(series.times[row] ?? Number.NaN);
    values.push(value);
    model.update?.({ times, values });
  }
  return { model, errors, ahead };
}
