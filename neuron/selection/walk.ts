import type { Adapter, FitContext, FittedModel, Series } from '../adapters/adapter.ts';

/** The first rows of a series. */
export function firstRows({ times, values }: Series, rows: number): Series {
  return { times: times.slice(0, rows), values: values.slice(0, rows) };
}

/**
 * One-step errors (forecast − actual) on the rows from `from` on of a model that was fitted to the rows before alone: it
 * is handed each row after it has forecast it. Where it has nothing to say, the error is naive's.
 */
export function walk(
  adapter: Adapter,
  series: Series,
  from: number,
  context: FitContext,
): { readonly model: FittedModel; readonly errors: number[] } {
  const times = series.times.slice(0, from);
  const values = series.values.slice(0, from);
  const model = adapter.fit({ times, values }, context);
  const errors: number[] = [];
  for (let row = from; row < series.values.length; row += 1) {
    const value = series.values[row] ?? Number.NaN;
    const forecast = model.predict({ times, values }, 1) ?? Number.NaN;
    errors.push((Number.isFinite(forecast) ? forecast : (values.at(-1) ?? value)) - value);
    times.push(series.times[row] ?? Number.NaN);
    values.push(value);
    model.update?.({ times, values });
  }
  return { model, errors };
}
