import type { EpochMs } from '../../schema/time.ts';
import type { ForecastQuantile } from '../adapters/adapter.ts';
import type { Logger } from '../logger.ts';
import { OnlineModel, type OnlineOptions } from '../selection/online-model.ts';
import type { ObservationRow } from '../storage/observation-rows.ts';
import type { NewPrediction, QuantileValue } from '../storage/prediction-rows.ts';
import type { Store } from '../storage/store.ts';
import { decimalText } from './decimal-text.ts';

/** Steps ahead that are predicted: the next observation. */
const HORIZON = 1;

interface KeptModel {
  readonly model: OnlineModel;
  /** Position of the newest entry the model knows of. */
  position: number;
}

/** Keeps a model per stream in step with the store, and makes their predictions. */
export class Engine {
  readonly #store: Store;
  readonly #options: OnlineOptions;
  readonly #logger: Logger;
  readonly #models = new Map<number, KeptModel>();

  constructor(store: Store, options: OnlineOptions) {
    this.#store = store;
    this.#options = options;
    this.#logger = options.logger;
  }

  /**
   * One round: a prediction for the newest observation of each of these streams that has none yet, all of them into
   * the outbox in one transaction. Gives how many there are.
   */
  round(streams: Iterable<number>, now: EpochMs): number {
    const made: NewPrediction[] = [];
    for (const stream of streams) {
      const prediction = this.#predict(stream, now);
      if (prediction) made.push(prediction);
    }
    return made.length === 0 ? 0 : this.#store.predictions.put(made);
  }

  #predict(stream: number, madeAt: EpochMs): NewPrediction | undefined {
    const model = this.#model(stream);
    const base = this.#store.observations.newest(stream);
    if (!base || this.#store.predictions.exists(stream, base.hash, HORIZON)) return undefined;
    const choice = model.predict(HORIZON);
    const value = choice && decimalText(choice.forecast.value);
    if (!choice || value === undefined) {
      this.#logger.warn({ stream, base: base.hash }, 'no adapter could forecast this stream');
      return undefined;
    }
    const { adapter, forecast } = choice;
    const quantiles = quantileTexts(forecast.quantiles ?? []);
    return {
      stream,
      baseHash: base.hash,
      baseAt: base.observedAt,
      baseValue: base.value,
      horizon: HORIZON,
      value,
      quantiles,
      adapter,
      madeAt,
    };
  }

  /** The stream's model as of everything stored: grown by what is new, or made anew where history changed. */
  #model(stream: number): OnlineModel {
    const kept = this.#models.get(stream);
    if (kept) {
      const rows = this.#store.observations.since(stream, kept.position, this.#options.historyRows);
      if (rows.length < this.#options.historyRows && grow(kept, rows)) return kept.model;
    }
    return this.#rebuild(stream);
  }

  #rebuild(stream: number): OnlineModel {
    const rows = this.#store.observations.present(stream, this.#options.historyRows);
    const position = this.#store.streams.get(stream)?.lastPosition ?? 0;
    const series = {
      times: rows.map((row) => row.observedAt),
      values: rows.map((row) => Number(row.value)),
    };
    const model = new OnlineModel(series, null, this.#options);
    this.#models.set(stream, { model, position });
    return model;
  }
}

/** Quantiles as they are submitted; one that can't be written as a decimal is left out. */
function quantileTexts(quantiles: readonly ForecastQuantile[]): QuantileValue[] {
  return quantiles.flatMap(({ level, value }) => {
    const text = decimalText(value);
    return text === undefined ? [] : [{ level, value: text }];
  });
}

/** Appends rows in place; false, with nothing done, if one of them changes what was there before. */
function grow(kept: KeptModel, rows: readonly ObservationRow[]): boolean {
  let newest = kept.model.newestTime ?? Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    if (row.revision > 0 || row.observedAt <= newest) return false;
    newest = row.observedAt;
  }
  for (const row of rows) {
    kept.model.observe(row.observedAt, Number(row.value));
    kept.position = row.position;
  }
  return true;
}
