import type { Series } from '../adapters/adapter.ts';
import { OnlineModel, type OnlineOptions } from './online-model.ts';
import { patternOf } from './pattern.ts';
import type { SavedModel } from './saved-model.ts';
import { LEAST_ROWS, type TrainOptions, train } from './train.ts';

export interface BacktestOptions extends OnlineOptions, TrainOptions {
  /** Newest rows that are forecast and scored. */
  readonly last: number;
  /** Rows before them that are walked, too, unscored: the weights come in. */
  readonly warmup: number;
  /** Rows between two trainings. */
  readonly refit: number;
  /** Steps ahead that are forecast. */
  readonly horizon: number;
  readonly levels: readonly number[];
}

export interface BacktestForecast {
  /** The row it is about, and the forecast for it, made `horizon` rows before. */
  readonly row: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly adapter: string;
}

/** The levels between which 80 % of the observations should lie. */
export const INTERVAL = [0.1, 0.9] as const;

/** Fewest rows that these options can be used on. */
export function fewestRows({ last, warmup, horizon }: BacktestOptions): number {
  return LEAST_ROWS + warmup + last + horizon - 1;
}

/**
 * Forecasts the newest rows as a neuron would have: it is handed one row after the other, trains every `refit` rows on
 * those it has been handed, and forecasts before it is handed the next. It never holds a row that is still to come.
 */
export async function backtest(series: Series, options: BacktestOptions): Promise<BacktestForecast[]> {
  const { last, warmup, refit, horizon, historyRows } = options;
  const rows = series.values.length;
  const from = rows - last - warmup - horizon + 1;
  const forecasts: BacktestForecast[] = [];
  let saved: SavedModel | null = null;
  let model: OnlineModel | undefined;
  for (let row = from; row + horizon <= rows; row += 1) {
    if (!model || (row - from) % refit === 0) {
      const known = rowsBetween(series, Math.max(0, row - historyRows), row);
      const reopen = model?.standing().drifted === true;
      saved = (await train(known, { ...options, reopen, horizons: [horizon] }, saved)).model;
      model = OnlineModel.of(known, saved, options);
    }
    const choice = model.predict(horizon);
    if (choice && row + horizon > rows - last) {
      const { value, quantiles } = choice.forecast;
      const bound = (level: number) =>
        quantiles?.find((quantile) => quantile.level === level)?.value ?? value;
      const [low, high] = [bound(INTERVAL[0]), bound(INTERVAL[1])];
      forecasts.push({ row: row + horizon - 1, value, low, high, adapter: choice.adapter });
    }
    model.observe(series.times[row] ?? Number.NaN, series.values[row] ?? Number.NaN);
  }
  return forecasts;
}

export interface BacktestScore {
  /** Rows scored. */
  readonly n: number;
  readonly mae: number;
  readonly naiveMae: number;
  /** 1 − mae / naiveMae; null where naive was exact and the model was not. */
  readonly skill: number | null;
  /**
   * Mean absolute error over that of the seasonal naive forecast on the rows before, one season ahead (Hyndman and
   * Koehler 2006); null where that was exact.
   */
  readonly mase: number | null;
  /** Share of the rows within the interval. */
  readonly coverage80: number;
  /** What spoke most often. */
  readonly adapter: string;
}

export function scoreOf(
  series: Series,
  forecasts: readonly BacktestForecast[],
  horizon: number,
): BacktestScore {
  const { values } = series;
  const n = forecasts.length;
  const actual = (row: number) => values[row] ?? Number.NaN;
  const mean = (of: (forecast: BacktestForecast) => number) =>
    forecasts.reduce((sum, forecast) => sum + of(forecast), 0) / n;
  const mae = mean(({ row, value }) => Math.abs(value - actual(row)));
  const naiveMae = mean(({ row }) => Math.abs(actual(row - horizon) - actual(row)));
  const coverage80 = mean(({ row, low, high }) => Number(actual(row) >= low && actual(row) <= high));
  const known = rowsBetween(series, 0, forecasts[0]?.row ?? 0);
  const scale = seasonalError(known.values, patternOf(known).seasons[0] ?? 1);
  return {
    n,
    mae,
    naiveMae,
    skill: naiveMae > 0 ? 1 - mae / naiveMae : mae === 0 ? 0 : null,
    mase: scale > 0 ? mae / scale : null,
    coverage80,
    adapter: mostOften(forecasts.map(({ adapter }) => adapter)),
  };
}

function seasonalError(values: readonly number[], period: number): number {
  let sum = 0;
  for (let row = period; row < values.length; row += 1) {
    sum += Math.abs((values[row] ?? 0) - (values[row - period] ?? 0));
  }
  return sum / Math.max(values.length - period, 1);
}

function mostOften(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? 'none';
}

function rowsBetween({ times, values }: Series, from: number, to: number): Series {
  return { times: times.slice(from, to), values: values.slice(from, to) };
}
