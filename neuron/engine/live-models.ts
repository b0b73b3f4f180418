import { SCORE_ROWS } from '../selection/live-scores.ts';
import { OnlineModel, type OnlineOptions, type Standing } from '../selection/online-model.ts';
import type { ObservationRow } from '../storage/observation-rows.ts';
import type { Store } from '../storage/store.ts';
import type { Turns } from '../turns.ts';
import type { History } from './history.ts';
import type { Stables } from './stables.ts';

/** Rows that a model takes in at a time. */
const GROW_ROWS = 16;

export interface LiveModelsOptions extends OnlineOptions {
  /** Shared with whoever else works on the main thread. */
  readonly turns: Turns;
}

interface KeptModel {
  readonly model: OnlineModel;
  /** Position of the newest entry the model knows of. */
  position: number;
  /** Whether it knows all of the server's scores. */
  isScored: boolean;
}

/** A model in memory for each stream that was predicted, in step with the store: with its rows, and with its scores. */
export class LiveModels {
  readonly #store: Store;
  readonly #history: History;
  readonly #stables: Stables;
  readonly #options: LiveModelsOptions;
  readonly #models = new Map<number, KeptModel>();
  /** The last of the builds that are under way; one that is no more here was overtaken. */
  readonly #building = new Map<number, symbol>();

  constructor(store: Store, history: History, stables: Stables, options: LiveModelsOptions) {
    this.#store = store;
    this.#history = history;
    this.#stables = stables;
    this.#options = options;
  }

  /** The stream's model as of everything stored; undefined if that takes some work first, which is `bring`. */
  current(stream: number): OnlineModel | undefined {
    const kept = this.#models.get(stream);
    if (!kept) return undefined;
    const rows = this.#store.observations.since(stream, kept.position, GROW_ROWS);
    return rows.length < GROW_ROWS && grow(kept, rows) ? this.#scored(stream, kept) : undefined;
  }

  /**
   * Brings the stream's model on: by rows that are new, or made anew where history changed. It works in slices, between
   * which others have a turn, so that it may not be current after all.
   */
  async bring(stream: number): Promise<void> {
    const { historyRows, turns } = this.#options;
    const kept = this.#models.get(stream);
    const { observations } = this.#store;
    if (!kept || observations.isBehind(stream, kept.position, historyRows)) {
      return this.#build(stream);
    }
    for (;;) {
      const rows = observations.since(stream, kept.position, GROW_ROWS);
      if (rows.length === 0) return;
      if (!grow(kept, rows)) return this.#build(stream);
      await turns.next();
      if (this.#models.get(stream) !== kept) return;
    }
  }

  /** How the model of a stream is doing; undefined until the stream was first predicted. */
  standing(stream: number): Standing | undefined {
    const kept = this.#models.get(stream);
    return kept && this.#scored(stream, kept).standing();
  }

  /** Another stable is in use: the model, if there is one, is made anew from it. */
  async renew(stream: number): Promise<void> {
    if (this.#models.has(stream)) await this.#build(stream);
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
    const stable = this.#stables.get(stream)?.model ?? null;
    const series = await this.#history.series(stream);
    const model = await OnlineModel.inTurns(series, stable, this.#options, this.#options.turns.next);
    if (this.#building.get(stream) !== build) return;
    this.#building.delete(stream);
    this.#models.set(stream, { model, position, isScored: false });
  }
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
