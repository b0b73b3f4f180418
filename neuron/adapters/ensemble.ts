import { z } from 'zod';
import {
  ADAPTER_NAMES,
  type Adapter,
  type AdapterName,
  type FittedModel,
  type Member,
  NO_HYPERPARAMETERS,
  type Pool,
  type Series,
} from './adapter.ts';
import { type Combination, Combiner, spoken } from './combiner.ts';
import type { ErrorColumns } from './error-record.ts';

const SAVED = z.object({
  members: z.array(z.object({ adapter: z.enum(ADAPTER_NAMES), version: z.int(), fitted: z.unknown() })),
  errors: z.partialRecord(z.enum(ADAPTER_NAMES), z.array(z.number())),
  mode: z.enum(['average', 'best']),
});

/** Everything that forecasts one stream, as one model: weighs its members by their recent errors, row by row. */
export class Ensemble implements FittedModel {
  readonly hyperparameters = NO_HYPERPARAMETERS;
  readonly #pool: Pool;
  readonly #combiner: Combiner;
  /** Forecasts of the row to come; `undefined` until they are asked for. */
  #next: ReadonlyMap<AdapterName, number> | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
    const names = pool.members.map(({ adapter }) => adapter.name);
    this.#combiner = new Combiner(names, pool.errors, pool.mode);
  }

  get combination(): Combination {
    return this.#combiner.combination;
  }

  get names(): readonly AdapterName[] {
    return this.#pool.members.map(({ adapter }) => adapter.name);
  }

  /** Rows that it was scored on so far. */
  get pushed(): number {
    return this.#combiner.pushed;
  }

  /** One-step errors of what the ensemble said, on the newest rows, oldest first. */
  get errors(): readonly number[] {
    return this.#combiner.errors;
  }

  /** The same rows' errors of a member. */
  errorsOf(name: AdapterName): readonly number[] {
    return this.#combiner.record.column(name);
  }

  /** The errors of all members, as they are saved. */
  get record(): ErrorColumns {
    return this.#combiner.record.save();
  }

  /** Takes the errors of a row that was forecast by others before: a record is replayed row by row. */
  recall(errors: ReadonlyMap<AdapterName, number>): void {
    this.#combiner.push(errors);
  }

  predict(series: Series, horizon: number): number | undefined {
    const forecasts = this.#forecasts(series, horizon);
    if (horizon === 1) this.#next = forecasts;
    const naive = series.values.at(-1);
    return naive === undefined ? undefined : spoken(this.#combiner.combination, forecasts, naive);
  }

  update(series: Series): void {
    const value = series.values.at(-1) ?? Number.NaN;
    // Nobody asked for the forecast of this row, so it was not made yet; the members don't know the row either.
    const forecasts = this.#next ?? this.#forecasts(withoutNewest(series), 1);
    this.#combiner.push(new Map([...forecasts].map(([name, forecast]) => [name, forecast - value])));
    for (const { adapter, model } of this.#pool.members) {
      try {
        model.update?.(series);
      } catch (error) {
        this.#pool.onFailure?.(adapter.name, error);
      }
    }
    this.#next = undefined;
  }

  save(): unknown {
    const members = this.#pool.members.map(({ adapter, model }) => ({
      adapter: adapter.name,
      version: adapter.version,
      fitted: model.save(),
    }));
    return { members, errors: this.record, mode: this.#pool.mode };
  }

  #forecasts(series: Series, horizon: number): ReadonlyMap<AdapterName, number> {
    const forecasts = new Map<AdapterName, number>();
    const last = series.values.at(-1);
    if (last !== undefined) forecasts.set('naive', last);
    for (const { adapter, model } of this.#pool.members) {
      try {
        const value = model.predict(series, horizon);
        if (value !== undefined && Number.isFinite(value)) forecasts.set(adapter.name, value);
      } catch (error) {
        this.#pool.onFailure?.(adapter.name, error);
      }
    }
    return forecasts;
  }
}

function withoutNewest({ times, values }: Series): Series {
  return { times: times.slice(0, -1), values: values.slice(0, -1) };
}

/**
 * The ensemble as an adapter: what it is fitted to are the members and errors in its context, by whoever fitted those.
 * `find` knows the other adapters. Members of another version are left out when it is loaded.
 */
export function ensembleOf(find: (name: AdapterName) => Adapter): Adapter {
  return {
    name: 'ensemble',
    version: 1,
    instant: false,
    canRun: (_resources, { values }) => values.length > 0,
    fit: (_series, { pool }) => {
      if (!pool) throw new Error('An ensemble is made of fitted members: its context needs a pool.');
      return new Ensemble(pool);
    },
    load: (saved) => {
      const parsed = SAVED.safeParse(saved);
      if (!parsed.success) return undefined;
      const { members, errors, mode } = parsed.data;
      return new Ensemble({ members: loadMembers(members, find), errors, mode });
    },
  };
}

/** The saved members that can still be used. */
export function loadMembers(
  saved: readonly { readonly adapter: AdapterName; readonly version: number; readonly fitted: unknown }[],
  find: (name: AdapterName) => Adapter,
): Member[] {
  return saved.flatMap(({ adapter: name, version, fitted }) => {
    const adapter = find(name);
    const model = adapter.version === version ? adapter.load(fitted) : undefined;
    return model ? [{ adapter, model }] : [];
  });
}
