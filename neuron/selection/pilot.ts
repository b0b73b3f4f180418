import type {
  Adapter,
  AdapterName,
  FitContext,
  Hyperparameters,
  Pattern,
  Series,
} from '../adapters/adapter.ts';
import { adaptersNamed } from '../adapters/all.ts';
import { Combiner } from '../adapters/combiner.ts';
import { meanAbsolute } from '../adapters/error-record.ts';
import { messageOf } from '../errors.ts';
import { type AheadForecasts, calibrated, combinedAhead } from './ahead.ts';
import { patternOf } from './pattern.ts';
import { SAVED_FORMAT, type SavedMember, type SavedModel, type SkippedAdapter } from './saved-model.ts';
import type { Stable } from './stable.ts';
import { aheadOf, modeOf, type TrainOptions } from './train-options.ts';
import { walk } from './walk.ts';

/** Newest rows that the first backtest walks, at most, and what share of all rows. */
const BACKTEST_ROWS = 768;
const BACKTEST_SHARE = 3;
/** Mutations that a training tries. */
const MUTATIONS = 1;
/** Longest that an adapter sits out, in trainings. */
const LONGEST_SIT_OUT = 64;

interface Candidate {
  readonly adapter: Adapter;
  hyperparameters: Hyperparameters | undefined;
  errors: number[];
  /** What it said of further horizons where it was walked for that. */
  ahead: AheadForecasts;
}

/**
 * A model in the making: for each adapter the hyperparameters to use, and its errors on rows it was not fitted to. What
 * the stable knows is taken over; what it doesn't is walked anew.
 */
export class Pilot {
  readonly #series: Series;
  readonly #options: TrainOptions;
  readonly #stable: Stable | null;
  readonly #pattern: Pattern;
  readonly #deadline: number;
  readonly #skipped: SkippedAdapter[] = [];
  readonly #candidates: Candidate[] = [];
  /** What a candidate was before it was mutated. */
  readonly #before = new Map<AdapterName, Omit<Candidate, 'adapter'>>();

  constructor(series: Series, options: TrainOptions, stable: Stable | null) {
    this.#series = series;
    this.#options = options;
    this.#stable = options.reopen ? null : stable;
    this.#pattern = patternOf(series);
    this.#deadline = performance.now() + options.budgetMs;
    for (const adapter of adaptersNamed(options.adapters)) {
      if (adapter.name === 'ensemble' || !adapter.canRun(options.resources, series)) continue;
      if (this.#sitsOut(adapter.name)) continue;
      this.#attempt(adapter, () => this.#candidates.push(this.#candidate(adapter)));
    }
    for (const candidate of [...this.#candidates])
      this.#attempt(candidate.adapter, () => this.#mutate(candidate));
  }

  /** One-step errors of its members on the same newest rows, none of which they were fitted to. */
  get errors(): Partial<Record<AdapterName, number[]>> {
    const rows = Math.min(...this.#candidates.map(({ errors }) => errors.length));
    return Object.fromEntries(
      this.#candidates.map(({ adapter, errors }) => [adapter.name, errors.slice(-rows)]),
    );
  }

  /** Goes back to the stable's hyperparameters. */
  takeBack(): void {
    for (const candidate of this.#candidates)
      Object.assign(candidate, this.#before.get(candidate.adapter.name));
  }

  /** The model: every member fitted to all rows. */
  fitted(generation: number): SavedModel {
    const members: SavedMember[] = [];
    const naive = this.#candidates.find(({ adapter }) => adapter.name === 'naive')?.errors ?? [];
    for (const candidate of [...this.#candidates]) {
      const { adapter, errors } = candidate;
      this.#attempt(adapter, () => {
        const begun = performance.now();
        const model = adapter.fit(this.#series, this.#context(candidate.hyperparameters));
        members.push({
          adapter: adapter.name,
          version: adapter.version,
          hyperparameters: { ...model.hyperparameters },
          fitted: model.save(),
          mae: meanAbsolute(errors),
          naiveMae: meanAbsolute(naive.slice(-errors.length)),
          fitMs: performance.now() - begun,
        });
      });
    }
    const { times, values } = this.#series;
    return {
      format: SAVED_FORMAT,
      rows: values.length,
      from: times[0] ?? 0,
      through: times.at(-1) ?? 0,
      pattern: { ...this.#pattern, seasons: [...this.#pattern.seasons] },
      members,
      skipped: this.#skipped,
      errors: this.errors,
      ahead: this.#calibrated(),
      generation,
    };
  }

  #candidate(adapter: Adapter): Candidate {
    const known = this.#stable?.errors[adapter.name];
    const hyperparameters = this.#stable?.hyperparameters.get(adapter.name);
    // Where further horizons are new, their errors are not known of anybody: all are walked for them.
    const { horizons } = aheadOf(this.#options);
    const isWalked = this.#stable === null || this.#stable.ahead === undefined;
    if (known && hyperparameters && !isWalked) {
      return { adapter, hyperparameters, errors: [...known], ahead: new Map() };
    }
    const rows = this.#series.values.length;
    const from = rows - Math.min(BACKTEST_ROWS, Math.floor(rows / BACKTEST_SHARE));
    const walked = walk(
      adapter,
      this.#series,
      from,
      this.#context(hyperparameters),
      isWalked ? horizons : [],
    );
    return { adapter, hyperparameters, errors: walked.errors, ahead: walked.ahead };
  }

  /** Tries other hyperparameters on the rows that count, and keeps the best. */
  #mutate(candidate: Candidate): void {
    const { adapter } = candidate;
    if (!adapter.mutate) return;
    const stable = this.#stable?.hyperparameters.has(adapter.name) ? this.#stable : null;
    const rows = this.#series.values.length;
    const walked = stable ? rows - stable.rows : candidate.errors.length;
    const { hyperparameters, errors: before, ahead } = candidate;
    this.#before.set(adapter.name, { hyperparameters, errors: before, ahead });
    for (let n = 0; n < MUTATIONS; n += 1) {
      if (performance.now() > this.#deadline - this.#options.budgetMs / 2) return;
      const seed = this.#options.seed + 7_919 * (this.#stable?.generation ?? 0) + n;
      const mutant = adapter.mutate(candidate.hyperparameters, seed);
      const { errors } = walk(adapter, this.#series, rows - walked, this.#context(mutant));
      if (meanAbsolute(errors) >= meanAbsolute(candidate.errors.slice(-walked))) continue;
      candidate.hyperparameters = mutant;
      candidate.errors = [...candidate.errors.slice(0, -walked), ...errors];
    }
  }

  /** What was really said where there was a stable to say it; what these would have said in its place otherwise. */
  #calibrated(): SavedModel['ahead'] {
    const options = aheadOf(this.#options);
    if (options.horizons.length === 0) return [];
    const { errors } = this;
    const mode = modeOf(this.#options.adapters);
    const members = new Map(this.#candidates.map(({ adapter, ahead }) => [adapter.name, ahead]));
    const said =
      this.#stable?.ahead ??
      combinedAhead(this.#series, errors, members, { horizons: options.horizons, mode });
    const combined = new Combiner([...members.keys()], errors, mode).errors;
    return calibrated(this.#series, combined, said, options);
  }

  #context(hyperparameters: Hyperparameters | undefined): FitContext {
    const budgetMs = Math.max(1, (this.#deadline - performance.now()) / 3);
    const { seed } = this.#options;
    return { pattern: this.#pattern, seed, budgetMs, ...(hyperparameters && { hyperparameters }) };
  }

  #sitsOut(name: AdapterName): boolean {
    const before = this.#skippedBefore(name);
    if (!before || before.sitOut === 0) return false;
    this.#skipped.push({ ...before, sitOut: before.sitOut - 1 });
    return true;
  }

  /** An adapter that fails is left out, for twice as long each time. */
  #attempt(adapter: Adapter, work: () => void): void {
    try {
      work();
    } catch (error) {
      const failures = (this.#skippedBefore(adapter.name)?.failures ?? 0) + 1;
      const sitOut = Math.min(2 ** (failures - 1), LONGEST_SIT_OUT);
      this.#skipped.push({ adapter: adapter.name, reason: messageOf(error), failures, sitOut });
      const failed = this.#candidates.findIndex((candidate) => candidate.adapter === adapter);
      if (failed >= 0) this.#candidates.splice(failed, 1);
    }
  }

  #skippedBefore(name: AdapterName): SkippedAdapter | undefined {
    return this.#stable?.skipped.find(({ adapter }) => adapter === name);
  }
}
