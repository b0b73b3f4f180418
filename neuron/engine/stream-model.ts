import type { EpochMs } from '../../schema/time.ts';
import type { Adapter, AdapterName, FittedModel, Forecast, Resources, Series } from '../adapters/adapter.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { History } from './history.ts';
import { TrackRecord } from './track-record.ts';

/** Rows at the end of a history that a new model forecasts in hindsight, to know which adapter to trust. */
const REPLAYED_ROWS = 200;

export interface StreamModelOptions {
  readonly adapters: readonly Adapter[];
  readonly resources: Resources;
  readonly historyRows: number;
  readonly logger: Logger;
}

export interface Choice {
  readonly adapter: AdapterName;
  readonly forecast: Forecast;
}

/**
 * What forecasts one stream. Every allowed adapter forecasts each row before it comes; the one with the smallest
 * error so far speaks for the stream, naive where none is better. The record is a function of the stream's rows
 * alone (each forecast sees only the rows before its target), so it needs no storing: it is replayed.
 */
export class StreamModel {
  readonly #options: StreamModelOptions;
  readonly #history: History;
  readonly #record: TrackRecord;
  readonly #fitted = new Map<AdapterName, FittedModel>();
  #forecasts: ReadonlyMap<AdapterName, Forecast> = new Map();

  constructor(series: Series, options: StreamModelOptions) {
    this.#options = options;
    this.#history = new History(options.historyRows);
    this.#record = new TrackRecord(options.adapters.map((adapter) => adapter.name));
    const unplayed = series.values.length - REPLAYED_ROWS;
    for (const [row, value] of series.values.entries()) {
      const time = series.times[row];
      if (time === undefined) break;
      if (row < unplayed) this.#history.append(time, value);
      else this.observe(time, value);
    }
  }

  /** When the newest row was observed; `undefined` before the first. */
  get newestTime(): EpochMs | undefined {
    return this.#history.newestTime;
  }

  /** Takes the next row: scores what was forecast for it, and forecasts the one after. */
  observe(time: EpochMs, value: number): void {
    this.#record.score(this.#forecasts, value);
    this.#history.append(time, value);
    this.#forecasts = this.#forecastAll(1);
  }

  /** The forecast `horizon` steps after the newest row, by the best adapter so far. */
  predict(horizon: number): Choice | undefined {
    const forecasts = horizon === 1 ? this.#forecasts : this.#forecastAll(horizon);
    const adapter = this.#record.best(forecasts);
    const forecast = adapter && forecasts.get(adapter);
    return adapter && forecast && { adapter, forecast };
  }

  #forecastAll(horizon: number): ReadonlyMap<AdapterName, Forecast> {
    const forecasts = new Map<AdapterName, Forecast>();
    for (const adapter of this.#options.adapters) {
      const forecast = this.#forecast(adapter, horizon);
      if (forecast && Number.isFinite(forecast.value)) forecasts.set(adapter.name, forecast);
    }
    return forecasts;
  }

  /** A failing adapter is left out, and said so; the others go on. */
  #forecast(adapter: Adapter, horizon: number): Forecast | undefined {
    const { series } = this.#history;
    try {
      if (!adapter.canRun(this.#options.resources, series)) return undefined;
      const model = this.#fitted.get(adapter.name) ?? adapter.fit(series);
      this.#fitted.set(adapter.name, model);
      return model.predict(series, horizon);
    } catch (error) {
      this.#options.logger.warn(
        { adapter: adapter.name, error: messageOf(error) },
        'an adapter failed and is left out of this forecast',
      );
      return undefined;
    }
  }
}
