import type { EpochMs } from '../../schema/time.ts';
import type { AdapterName, FittedModel, Forecast, ForecastQuantile, Series } from '../adapters/adapter.ts';
import { adapterNamed, adaptersNamed } from '../adapters/all.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { ErrorRecord } from './error-record.ts';
import { History } from './history.ts';
import { patternOf } from './pattern.ts';
import type { SavedModel } from './saved-model.ts';

/** Rows at the end of a history that an untrained model forecasts in hindsight, to know what to trust. */
const REPLAYED_ROWS = 200;

export interface OnlineOptions {
  readonly adapters: readonly AdapterName[];
  readonly historyRows: number;
  /** Levels of the quantiles that forecasts carry, ascending, each strictly between 0 and 1. */
  readonly levels: readonly number[];
  readonly logger: Logger;
}

export interface Choice {
  /** Who made the forecast. */
  readonly adapter: AdapterName;
  readonly forecast: Forecast;
}

/** What the server made of a prediction, in the units of the stream. */
export interface LiveScore {
  readonly absoluteError: number;
  readonly naiveAbsoluteError: number;
}

/** How a model is doing, for status, scheduling and the drift guard. Errors are over the remembered rows. */
export interface Standing {
  readonly adapter: AdapterName;
  readonly mae: number;
  readonly naiveMae: number;
  /** 1 − mae / naiveMae; 0 where naive makes no error. */
  readonly skill: number;
  /** Rows since the model was fitted; all rows, if it never was. */
  readonly rowsSinceFit: number;
  /** Recent errors have left the range of the backtest: what was selected then may be wrong now. */
  readonly drifted: boolean;
}

interface Member {
  readonly name: AdapterName;
  readonly model: FittedModel;
}

/**
 * What forecasts one stream, quick enough for the main thread: it never fits anything. Made from what `train` made,
 * or from nothing, when the methods that need no training speak. Its state is a function of the saved model and the
 * rows alone, so it needs no storing: the rows since are replayed.
 */
export class OnlineModel {
  readonly #options: OnlineOptions;
  readonly #history: History;
  readonly #members: readonly Member[];
  readonly #record: ErrorRecord;
  #forecasts: ReadonlyMap<AdapterName, number> = new Map();
  #rowsSinceFit = 0;

  /** `series` up to now. A saved model with members that can't be loaded goes on without them. */
  constructor(series: Series, saved: SavedModel | null, options: OnlineOptions) {
    this.#options = options;
    this.#history = new History(options.historyRows);
    this.#members = saved ? loaded(saved, options) : untrained(options);
    this.#record = new ErrorRecord(
      this.#members.map((member) => member.name),
      saved?.errors,
    );
    const known = saved ? rowsUpTo(series, saved.through) : series.values.length - REPLAYED_ROWS;
    for (const [row, value] of series.values.entries()) {
      const time = series.times[row];
      if (time === undefined) break;
      if (row < known) this.#history.append(time, value);
      else this.observe(time, value);
      if (saved && row === known - 1) this.#forecasts = this.#forecastAll(1);
    }
  }

  /** When the newest row was observed; `undefined` before the first. */
  get newestTime(): EpochMs | undefined {
    return this.#history.newestTime;
  }

  /** The rows that it knows: a live view, to be read before the next `observe`. */
  get series(): Series {
    return this.#history.series;
  }

  /** Takes the next row: scores what was forecast for it, and forecasts the one after. */
  observe(time: EpochMs, value: number): void {
    this.#record.push(new Map([...this.#forecasts].map(([name, forecast]) => [name, forecast - value])));
    this.#history.append(time, value);
    this.#rowsSinceFit += 1;
    for (const member of this.#members) member.model.update?.(this.#history.series);
    this.#forecasts = this.#forecastAll(1);
  }

  /** The forecast `horizon` steps after the newest row. */
  predict(horizon: number): Choice | undefined {
    const forecasts = horizon === 1 ? this.#forecasts : this.#forecastAll(horizon);
    const adapter = this.#speaker(forecasts);
    const value = adapter && forecasts.get(adapter);
    if (adapter === undefined || value === undefined) return undefined;
    const quantiles = this.#quantiles(adapter, value, horizon);
    return { adapter, forecast: { value, ...(quantiles.length > 0 && { quantiles }) } };
  }

  /** Takes in what the server made of a prediction of this model: it feeds the weights. */
  observeScore(_score: LiveScore): void {}

  standing(): Standing {
    const adapter = this.#speaker(this.#forecasts) ?? 'naive';
    const mae = this.#record.meanAbsolute(adapter);
    const naiveMae = this.#record.meanAbsolute('naive');
    const skill = naiveMae > 0 ? 1 - mae / naiveMae : 0;
    return { adapter, mae, naiveMae, skill, rowsSinceFit: this.#rowsSinceFit, drifted: false };
  }

  #speaker(forecasts: ReadonlyMap<AdapterName, number>): AdapterName | undefined {
    let best: AdapterName | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const name of this.#record.names) {
      const error = this.#record.meanAbsolute(name);
      if (!forecasts.has(name) || error >= least) continue;
      best = name;
      least = error;
    }
    return best;
  }

  #quantiles(adapter: AdapterName, value: number, horizon: number): ForecastQuantile[] {
    const errors = this.#record.column(adapter).toSorted((a, b) => b - a);
    if (errors.length < 10) return [];
    return this.#options.levels.map((level) => {
      const error = errors[Math.min(errors.length - 1, Math.floor(level * (errors.length + 1)))] ?? 0;
      return { level, value: value - error * Math.sqrt(horizon) };
    });
  }

  #forecastAll(horizon: number): ReadonlyMap<AdapterName, number> {
    const forecasts = new Map<AdapterName, number>();
    for (const { name, model } of this.#members) {
      const value = this.#forecast(name, model, horizon);
      if (value !== undefined && Number.isFinite(value)) forecasts.set(name, value);
    }
    return forecasts;
  }

  /** A failing adapter is left out, and said so; the others go on. */
  #forecast(adapter: AdapterName, model: FittedModel, horizon: number): number | undefined {
    try {
      return model.predict(this.#history.series, horizon);
    } catch (error) {
      this.#options.logger.warn(
        { adapter, error: messageOf(error) },
        'an adapter failed and is left out of this forecast',
      );
      return undefined;
    }
  }
}

function untrained({ adapters }: OnlineOptions): Member[] {
  const context = { pattern: patternOf({ times: [], values: [] }), seed: 0, budgetMs: 0 };
  return adaptersNamed(withNaive(adapters))
    .filter((adapter) => adapter.instant)
    .map((adapter) => ({ name: adapter.name, model: adapter.fit({ times: [], values: [] }, context) }));
}

function loaded({ members }: SavedModel, { adapters }: OnlineOptions): Member[] {
  const allowed = withNaive(adapters);
  return members.flatMap(({ adapter: name, version, fitted }) => {
    const adapter = adapterNamed(name);
    const model = allowed.includes(name) && adapter.version === version ? adapter.load(fitted) : undefined;
    return model ? [{ name, model }] : [];
  });
}

/** The floor is always there, whatever is allowed. */
export function withNaive(adapters: readonly AdapterName[]): readonly AdapterName[] {
  return adapters.includes('naive') ? adapters : ['naive', ...adapters];
}

function rowsUpTo({ times }: Series, through: EpochMs): number {
  let rows = times.length;
  while (rows > 0 && (times[rows - 1] ?? 0) > through) rows -= 1;
  return rows;
}
