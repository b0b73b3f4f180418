import type { EpochMs } from '../../schema/time.ts';
import type { ForecastQuantile, Series } from '../adapters/adapter.ts';
import type { Logger } from '../logger.ts';
import type { OnlineModel, OnlineOptions, Standing } from '../selection/online-model.ts';
import type { SavedModel } from '../selection/saved-model.ts';
import type { Training } from '../selection/train.ts';
import type { MadePrediction, NewPrediction, QuantileValue } from '../storage/prediction-rows.ts';
import type { Store } from '../storage/store.ts';
import type { ModelFiles } from '../training/model-files.ts';
import type { Turns } from '../turns.ts';
import { decimalText } from './decimal-text.ts';
import { History } from './history.ts';
import { LiveModels } from './live-models.ts';
import { Stables } from './stables.ts';

/** Predictions that are stored in one transaction. */
const PUT_ROWS = 100;

export interface EngineOptions extends OnlineOptions {
  /** Steps ahead that are predicted. */
  readonly horizons: readonly number[];
  readonly logger: Logger;
  /** Where trained models are kept. */
  readonly files: ModelFiles;
  /** Shared with whoever else works on the main thread. */
  readonly turns: Turns;
  /** Hears of each stream whose first trained model came into use: its newest prediction can be made again. */
  readonly onFirstModel?: (stream: number) => void;
}

/** Makes the predictions of all streams, each by its model. It never trains. */
export class Engine {
  readonly #store: Store;
  readonly #options: EngineOptions;
  readonly #history: History;
  readonly #stables: Stables;
  readonly #models: LiveModels;

  constructor(store: Store, options: EngineOptions) {
    this.#store = store;
    this.#options = options;
    this.#history = new History(store, options);
    this.#stables = new Stables(store.streams, options.files, options.logger);
    this.#models = new LiveModels(store, this.#history, this.#stables, options);
  }

  /**
   * One round: predictions for the newest observation of each of these streams that has none yet, or one of before its first
   * training, all of them into the outbox, in few transactions. Gives how many there are. It works in slices, between which
   * others have a turn.
   */
  async round(streams: Iterable<number>, now: EpochMs): Promise<number> {
    let added = 0;
    const made: NewPrediction[] = [];
    for (const stream of streams) {
      let model = this.#models.current(stream);
      while (!model) {
        await this.#models.bring(stream);
        model = this.#models.current(stream);
      }
      // In the same turn: what the model knows is what is stored.
      made.push(...this.#predict(stream, model, now));
      if (made.length >= PUT_ROWS) added += this.#store.predictions.put(made.splice(0));
      await this.#options.turns.next();
    }
    if (made.length > 0) added += this.#store.predictions.put(made);
    return added;
  }

  /** The newest rows of a stream that stand, after what was imported: what models are made from. */
  series(stream: number): Promise<Series> {
    return this.#history.series(stream);
  }

  /** How many rows there are to learn from (about: revisions are counted, too), and how many are newer than a time. */
  rows(stream: number, after: EpochMs): { readonly all: number; readonly newer: number } {
    return this.#history.rows(stream, after);
  }

  stable(stream: number): SavedModel | null {
    return this.#stables.get(stream)?.model ?? null;
  }

  trainedAt(stream: number): EpochMs | undefined {
    return this.#stables.get(stream)?.trainedAt;
  }

  /** How the model of a stream is doing; undefined until the stream was first predicted. */
  standing(stream: number): Standing | undefined {
    return this.#models.standing(stream);
  }

  /** Puts a trained model to use; resolves when it is stored, too. */
  async adopt(
    stream: number,
    { model, decision }: Training & { readonly model: SavedModel },
    at: EpochMs,
  ): Promise<void> {
    const stable = { model, trainedAt: at };
    this.#stables.put(stream, stable);
    await this.#models.renew(stream);
    if (isFirst(model)) this.#options.onFirstModel?.(stream);
    await this.#stables.write(stream, stable, decision);
  }

  /** The rows of a stream are others than they were: its model is made anew from them. */
  forget(stream: number): void {
    this.#models.forget(stream);
  }

  /** The server's score of a prediction of this stream was stored. */
  scored(stream: number): void {
    this.#models.scored(stream);
  }

  #predict(stream: number, model: OnlineModel, madeAt: EpochMs): NewPrediction[] {
    const base = this.#store.observations.newest(stream);
    if (!base) return [];
    return this.#options.horizons.flatMap((horizon): NewPrediction[] => {
      const before = this.#store.predictions.made(stream, base.hash, horizon);
      if (before && !this.#isOfBeforeTraining(stream, before)) return [];
      const choice = model.predict(horizon);
      const value = choice && decimalText(choice.forecast.value);
      if (!choice || value === undefined) {
        const about = { stream, base: base.hash, horizon };
        this.#options.logger.warn(about, 'no adapter could forecast this stream');
        return [];
      }
      if (value === before?.value) return [];
      const { adapter, forecast } = choice;
      const quantiles = quantileTexts(forecast.quantiles ?? []);
      const about = { stream, baseHash: base.hash, baseAt: base.observedAt, baseValue: base.value };
      const revision = before ? before.revision + 1 : 0;
      return [{ ...about, horizon, revision, value, quantiles, adapter, madeAt }];
    });
  }

  /** Whether a prediction was made without a model that was trained, and there is one now: the first of its stream. */
  #isOfBeforeTraining(stream: number, { revision, madeAt }: MadePrediction): boolean {
    const stable = revision === 0 ? this.#stables.get(stream) : null;
    return stable !== null && isFirst(stable.model) && madeAt < stable.trainedAt;
  }
}

function isFirst({ generation }: SavedModel): boolean {
  return generation === 1;
}

/** Quantiles as they are submitted; one that can't be written as a decimal is left out. */
function quantileTexts(quantiles: readonly ForecastQuantile[]): QuantileValue[] {
  return quantiles.flatMap(({ level, value }) => {
    const text = decimalText(value);
    return text === undefined ? [] : [{ level, value: text }];
  });
}
