import type { Series } from './adapter.ts';

/** The newest rows of a series. */
export function tail(series: Series, rows: number): Series {
  if (series.values.length <= rows) return series;
  return { times: series.times.slice(-rows), values: series.values.slice(-rows) };
}
