import type { EpochMs } from '../../schema/time.ts';
import type { ForecastQuantile, Series } from '../adapters/adapter.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { SCORE_ROWS } from '../selection/live-scores.ts';
import { OnlineModel, type OnlineOptions, type Standing } from '../selection/online-model.ts';
import type { SavedModel } from '../selection/saved-model.ts';
import type { Training } from '../selection/train.ts';
import type { ObservationRow, PresentValue } from '../storage/observation-rows.ts';
import type { NewPrediction, QuantileValue } from '../storage/prediction-rows.ts';
import type { Store } from '../storage/store.ts';
import type { ModelFiles, StoredModel } from '../training/model-files.ts';
import type { Turns } from '../turns.ts';
import { decimalText } from './decimal-text.ts';

/** Rows that a model takes in at a time, predictions that are stored in one transaction, and rows read at once. */
const GROW_ROWS = 16;
const PUT_ROWS = 100;
const READ_ROWS = 1_000;

interface KeptModel {
  readonly model: OnlineModel;
  /** Position of the newest entry the model knows of. */
  position: number;
  /** Whether it knows all of the server's scores. */
  isScored: boolean;
}

interface Stable {
  readonly model: SavedModel;
  readonly trainedAt: number;
}

export interface EngineOptions extends OnlineOptions {
  /** Steps ahead that are predicted. */
  readonly horizons: readonly number[];
  readonly logger: Logger;
  /** Where trained models are kept. */
  readonly files: ModelFiles;
  /** Shared with whoever else works on the main thread. */
  readonly turns: Turns;
}

/** Keeps a model per stream in step with the store, and makes their predictions. It never trains. */
export class Engine {
  readonly #store: Store;
  readonly #options: EngineOptions;
  readonly #logger: Logger;
  readonly #turns: Turns;
  readonly #models = new Map<number, KeptModel>();
  /** The last of the builds that are under way; one that is no more here was overtaken. */
  readonly #building = new Map<number, symbol>();
  /** Readable imported rows by uuid: nothing is imported while the neuron runs. */
  readonly #importedRows = new Map<string, number>();
  /** What was trained; null for a stream without. */
  readonly #stables = new Map<number, Stable | null>();

  constructor(store: Store, options: EngineOptions) {
    this.#store = store;
    this.#options = options;
    this.#logger = options.logger;
    this.#turns = options.turns;
  }

  /**
   * One round: predictions for the newest observation of each of these streams that has none yet, all of them into
   * the outbox in one transaction. Gives how many there are. It works in slices, between which others have a turn.
   */
  async round(streams: Iterable<number>, now: EpochMs): Promise<number> {
    let added = 0;
    const made: NewPrediction[] = [];
    for (const stream of streams) {
      let model = this.#current(stream);
      while (!model) {
        await this.#bring(stream);
        model = this.#current(stream);
      }
      made.push(...this.#predict(stream, model, now));
      if (made.length >= PUT_ROWS) added += this.#store.predictions.put(made.splice(0));
      await this.#turns.next();
    }
    if (made.length > 0) added += this.#store.predictions.put(made);
    return added;
  }

  /** The newest rows of a stream that stand, after what was imported: what models are made from. */
  async series(stream: number): Promise<Series> {
    const { historyRows } = this.#options;
    const pages: (readonly PresentValue[])[] = [];
    let [before, room] = [Number.MAX_SAFE_INTEGER, historyRows];
    for (let full = true; full && room > 0; ) {
      const wanted = Math.min(READ_ROWS, room);
      const page = this.#store.observations.values(stream, before, wanted);
      pages.unshift(page);
      full = page.length === wanted;
      room -= page.length;
      before = page[0]?.[0] ?? before;
      await this.#turns.next();
    }
    const rows = pages.flat();
    const imported = this.#imported(stream, before, room);
    return {
      times: [...imported.map((row) => row.observedAt), ...rows.map(([observedAt]) => observedAt)],
      values: [...imported.map((row) => Number(row.decimal)), ...rows.map(([, value]) => Number(value))],
    };
  }

  /** How many rows there are to learn from (about: revisions are counted, too), and how many are newer than a time. */
  rows(stream: number, after: number): { readonly all: number; readonly newer: number } {
    const row = this.#store.streams.get(stream);
    if (!row) return { all: 0, newer: 0 };
    const imported = this.#importedRows.get(row.uuid) ?? this.#store.imports.readable(row.uuid);
    this.#importedRows.set(row.uuid, imported);
    return { all: row.stored + imported, newer: this.#store.observations.newer(stream, after) };
  }

  /** History of before the server's: it goes in front of it, as far as there is room. */
  #imported(stream: number, before: EpochMs, room: number) {
    const uuid = this.#store.streams.uuid(stream);
    return room <= 0 || uuid === undefined ? [] : this.#store.imports.before(uuid, before, room);
  }

  stable(stream: number): SavedModel | null {
    return this.#stable(stream)?.model ?? null;
  }

  trainedAt(stream: number): number | undefined {
    return this.#stable(stream)?.trainedAt;
  }

  /** How the model of a stream is doing; undefined until the stream was first predicted. */
  standing(stream: number): Standing | undefined {
    const kept = this.#models.get(stream);
    return kept && this.#scored(stream, kept).standing();
  }

  /** Puts a trained model to use; resolves when it is stored, too. */
  async adopt(
    stream: number,
    training: Training & { readonly model: SavedModel },
    at: number,
  ): Promise<void> {
    const { model, decision } = training;
    this.#stables.set(stream, { model, trainedAt: at });
    if (this.#models.has(stream)) await this.#build(stream);
    const uuid = this.#store.streams.uuid(stream);
    if (uuid === undefined) return;
    try {
      await this.#options.files.write(uuid, model, { trainedAt: at, decision });
    } catch (error) {
      this.#logger.error(
        { stream: uuid, error: messageOf(error) },
        'a trained model could not be stored; it is used as long as the neuron runs',
      );
    }
  }

  /** The rows of a stream are others than they were: its model is made anew from them. */
  forget(stream: number): void {
    this.#models.delete(stream);
    this.#building.delete(stream);
  }

  /** The server's score of a prediction of this stream was stored. */
  scored(stream: number): void {
    const kept = this.#models.get(stream);
    if (kept) kept.isScored = false;
  }

  #stable(stream: number): Stable | null {
    const known = this.#stables.get(stream);
    if (known !== undefined) return known;
    const uuid = this.#store.streams.uuid(stream);
    const stored: StoredModel | undefined = uuid === undefined ? undefined : this.#options.files.read(uuid);
    const stable = stored ? { model: stored.model, trainedAt: stored.header.trainedAt } : null;
    this.#stables.set(stream, stable);
    return stable;
  }

  #predict(stream: number, model: OnlineModel, madeAt: EpochMs): NewPrediction[] {
    const base = this.#store.observations.newest(stream);
    if (!base) return [];
    return this.#options.horizons.flatMap((horizon): NewPrediction[] => {
      if (this.#store.predictions.exists(stream, base.hash, horizon)) return [];
      const choice = model.predict(horizon);
      const value = choice && decimalText(choice.forecast.value);
      if (!choice || value === undefined) {
        this.#logger.warn({ stream, base: base.hash, horizon }, 'no adapter could forecast this stream');
        return [];
      }
      const { adapter, forecast } = choice;
      const quantiles = quantileTexts(forecast.quantiles ?? []);
      const about = { stream, baseHash: base.hash, baseAt: base.observedAt, baseValue: base.value };
      return [{ ...about, horizon, value, quantiles, adapter, madeAt }];
    });
  }

  /** The stream's model as of everything stored; undefined if that takes some work first. */
  #current(stream: number): OnlineModel | undefined {
    const kept = this.#models.get(stream);
    if (!kept) return undefined;
    const rows = this.#store.observations.since(stream, kept.position, GROW_ROWS);
    return rows.length < GROW_ROWS && grow(kept, rows) ? this.#scored(stream, kept) : undefined;
  }

  /** Brings the stream's model on: by rows that are new, or made anew where history changed. */
  async #bring(stream: number): Promise<void> {
    const { historyRows } = this.#options;
    const kept = this.#models.get(stream);
    const { observations } = this.#store;
    if (!kept || observations.isBehind(stream, kept.position, historyRows)) {
      return this.#build(stream);
    }
    for (;;) {
      const rows = observations.since(stream, kept.position, GROW_ROWS);
      if (rows.length === 0) return;
      if (!grow(kept, rows)) return this.#build(stream);
      await this.#turns.next();
      if (this.#models.get(stream) !== kept) return;
    }
  }

  #scored(stream: number, kept: KeptModel): OnlineModel {
    if (!kept.isScored) kept.model.observeScores(this.#store.reports.newestScores(stream, SCORE_ROWS));
    kept.isScored = true;
    return kept.model;
  }

  /** Makes a model of what is stored. What comes meanwhile is not in it: its position says so. */
  async #build(stream: number): Promise<void> {
    const build = Symbol('build');
    this.#building.set(stream, build);
    const position = this.#store.streams.get(stream)?.lastPosition ?? 0;
    const stable = this.stable(stream);
    const model = await OnlineModel.inTurns(
      await this.series(stream),
      stable,
      this.#options,
      this.#turns.next,
    );
    if (this.#building.get(stream) !== build) return;
    this.#building.delete(stream);
    this.#models.set(stream, { model, position, isScored: false });
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
