import type { EpochMs } from '../../schema/time.ts';
import type { AdapterName, Forecast, Pool, Series } from '../adapters/adapter.ts';
import { adapterNamed, adaptersNamed } from '../adapters/all.ts';
import { Ensemble, loadMembers } from '../adapters/ensemble.ts';
import { ErrorRecord, meanAbsolute } from '../adapters/error-record.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { farOffsets } from './ahead.ts';
import { Conformal } from './conformal.ts';
import { hasDrifted } from './drift.ts';
import { History } from './history.ts';
import { type LiveScore, LiveScores } from './live-scores.ts';
import { patternOf } from './pattern.ts';
import type { SavedModel } from './saved-model.ts';

/** Rows at the end of a history that an untrained model forecasts in hindsight, to know what to trust. */
const REPLAYED_ROWS = 200;

export interface OnlineOptions {
  /** What may speak; without `ensemble` only the best one does, and naive always may. */
  readonly adapters: readonly AdapterName[];
  readonly historyRows: number;
  /** Levels of the quantiles that forecasts carry, ascending, each strictly between 0 and 1. */
  readonly levels: readonly number[];
  readonly logger: Logger;
}

export interface Choice {
  /** Who made the forecast: `naive` where nothing beats it, `ensemble` where several have a part in it. */
  readonly adapter: AdapterName;
  readonly forecast: Forecast;
}

/** How a model is doing, for status, scheduling and the drift guard. Errors are over the remembered rows. */
export interface Standing {
  readonly adapter: AdapterName;
  readonly mae: number;
  readonly naiveMae: number;
  /** 1 − mae / naiveMae; 0 where naive makes no error. */
  readonly skill: number;
  /** The same by the server's scores; null before there are any. */
  readonly liveSkill: number | null;
  /** Rows since the model was fitted; all rows, if it never was. */
  readonly rowsSinceFit: number;
  /** Recent errors have left the range of the backtest: what was selected then may be wrong now. */
  readonly drifted: boolean;
}

/**
 * What forecasts one stream, quick enough for the main thread: it never fits anything. Made from what `train` made,
 * or from nothing, when the methods that need no training speak. Its state is a function of the saved model, the rows and
 * the server's scores, all of which are stored: the rows since the fit are replayed.
 */
export class OnlineModel {
  readonly #history: History;
  readonly #ensemble: Ensemble;
  readonly #conformal: Conformal;
  #scores = new LiveScores();
  readonly #trained: boolean;
  /** Quantiles of further horizons' errors, as of the last training. */
  readonly #far: ReadonlyMap<number, readonly number[]>;
  #rowsSinceFit = 0;

  private constructor(saved: SavedModel | null, options: OnlineOptions) {
    this.#history = new History(options.historyRows);
    this.#conformal = new Conformal(options.levels);
    this.#trained = saved !== null;
    this.#far = farOffsets(saved, options.levels);
    this.#ensemble = new Ensemble(poolOf(saved, options));
  }

  /** `series` up to now. A saved model with members that can't be loaded goes on without them. */
  static of(series: Series, saved: SavedModel | null, options: OnlineOptions): OnlineModel {
    const model = new OnlineModel(saved, options);
    for (const _row of model.#replay(series, saved));
    return model;
  }

  /** The same, with a `turn` for others after every row that is replayed: there may be hundreds. */
  static async inTurns(
    series: Series,
    saved: SavedModel | null,
    options: OnlineOptions,
    turn: () => Promise<void> | undefined,
  ): Promise<OnlineModel> {
    const model = new OnlineModel(saved, options);
    for (const _row of model.#replay(series, saved)) await turn();
    return model;
  }

  *#replay(series: Series, saved: SavedModel | null): Generator<void> {
    const past = new ErrorRecord(this.#ensemble.names, saved?.errors);
    for (let row = 0; row < past.rows; row += 1) {
      this.#ensemble.recall(new Map(past.names.map((name) => [name, past.column(name)[row] ?? Number.NaN])));
      const error = this.#ensemble.errors.at(-1);
      if (error !== undefined) this.#conformal.push(error);
      yield;
    }
    const known = saved ? rowsUpTo(series, saved.through) : series.values.length - REPLAYED_ROWS;
    for (const [row, value] of series.values.entries()) {
      const time = series.times[row];
      if (time === undefined) break;
      if (row < known) this.#history.append(time, value);
      else {
        this.observe(time, value);
        yield;
      }
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

  /** Takes the next row: scores what was forecast for it. */
  observe(time: EpochMs, value: number): void {
    this.#history.append(time, value);
    this.#rowsSinceFit += 1;
    const before = this.#ensemble.pushed;
    this.#ensemble.update(this.#history.series);
    const error = this.#ensemble.errors.at(-1);
    if (error !== undefined && this.#ensemble.pushed > before) this.#conformal.push(error);
  }

  /** The forecast `horizon` steps after the newest row. */
  predict(horizon: number): Choice | undefined {
    const { series } = this.#history;
    const trusted = this.#scores.trust === 1;
    const value = trusted ? this.#ensemble.predict(series, horizon) : series.values.at(-1);
    if (value === undefined) return undefined;
    const quantiles = this.#conformal.around(value, horizon, this.#far.get(horizon));
    return { adapter: this.#speaker(), forecast: { value, ...(quantiles.length > 0 && { quantiles }) } };
  }

  /** Takes in what the server made of the newest predictions of the stream, oldest first, in place of what it knew. */
  observeScores(scores: readonly LiveScore[]): void {
    this.#scores = new LiveScores(scores);
  }

  standing(): Standing {
    const { errors } = this.#ensemble;
    const mae = meanAbsolute(errors);
    const naiveMae = meanAbsolute(this.#ensemble.errorsOf('naive'));
    const fitted = Math.max(errors.length - this.#rowsSinceFit, 0);
    return {
      adapter: this.#speaker(),
      mae,
      naiveMae,
      skill: naiveMae > 0 ? 1 - mae / naiveMae : 0,
      liveSkill: this.#scores.skill,
      rowsSinceFit: this.#rowsSinceFit,
      drifted: this.#trained && hasDrifted(errors.slice(fitted), errors.slice(0, fitted)),
    };
  }

  #speaker(): AdapterName {
    const { weights, gate } = this.#ensemble.combination;
    if (gate === 0 || this.#scores.trust === 0) return 'naive';
    const [only] = [...weights].filter(([, weight]) => weight > 0.99);
    return only?.[0] ?? 'ensemble';
  }
}

function poolOf(saved: SavedModel | null, { adapters, logger }: OnlineOptions): Pool {
  const allowed = withNaive(adapters);
  const nothing = { times: [], values: [] };
  const context = { pattern: patternOf(nothing), seed: 0, budgetMs: 0 };
  const members = saved
    ? loadMembers(saved.members, adapterNamed).filter(({ adapter }) => allowed.includes(adapter.name))
    : adaptersNamed(allowed)
        .filter((adapter) => adapter.instant)
        .map((adapter) => ({ adapter, model: adapter.fit(nothing, context) }));
  return {
    members,
    errors: {},
    mode: allowed.includes('ensemble') ? 'average' : 'best',
    onFailure: (adapter, error) => {
      logger.warn({ adapter, error: messageOf(error) }, 'an adapter failed and is left out of this forecast');
    },
  };
}

/** The floor is always there, whatever is allowed. */
export function withNaive(adapters: readonly AdapterName[]): readonly AdapterName[] {
  return adapters.includes('naive') ? adapters : ['naive', ...adapters];
}

/** Rows up to a time. */
export function rowsUpTo({ times }: Series, through: EpochMs): number {
  let rows = times.length;
  while (rows > 0 && (times[rows - 1] ?? 0) > through) rows -= 1;
  return rows;
}
