import type {
  Adapter,
  AdapterName,
  FitContext,
  FittedModel,
  Resources,
  Series,
} from '../adapters/adapter.ts';
import { adaptersNamed } from '../adapters/all.ts';
import { messageOf } from '../errors.ts';
import { withNaive } from './online-model.ts';
import { patternOf } from './pattern.ts';
import { SAVED_FORMAT, type SavedMember, type SavedModel, type SkippedAdapter } from './saved-model.ts';

export interface TrainOptions {
  readonly adapters: readonly AdapterName[];
  readonly resources: Resources;
  /** The same series, options and stable model always give the same model. */
  readonly seed: number;
  /** Most milliseconds that all fits together should take: heavy ones make themselves smaller to stay within. */
  readonly budgetMs: number;
  /** Forget what was selected before, and select from everything again. @default false */
  readonly reopen?: boolean;
}

/** What a training came to. Everything in it can cross threads and be stored as JSON. */
export interface Training {
  /**
   * - `replace`: the pilot was better on rows that neither was fitted to, or there was no stable model.
   * - `refresh`: it was not; the stable's adapters and hyperparameters are kept, fitted to the rows up to now.
   * - `keep`: there is no new model, the stable goes on as it is.
   */
  readonly decision: 'replace' | 'refresh' | 'keep';
  /** Why, in words. */
  readonly reason: string;
  /** What is to be used from now on; the stable where it is kept, null if there is nothing to train on. */
  readonly model: SavedModel | null;
  readonly report: TrainingReport;
}

export interface TrainingReport {
  readonly rows: number;
  /** Rows that pilot and stable were compared on, and their mean absolute errors there; null without a stable. */
  readonly fresh: { readonly rows: number; readonly pilotMae: number; readonly stableMae: number } | null;
  readonly tookMs: number;
  readonly adapters: readonly {
    readonly adapter: AdapterName;
    readonly mae: number;
    readonly naiveMae: number;
    readonly fitMs: number;
  }[];
  readonly skipped: readonly SkippedAdapter[];
}

/** Fewest rows that are worth training on. */
export const LEAST_ROWS = 16;

/**
 * Selects and fits what forecasts a series: every allowed adapter is fitted to the older rows, walks the newest ones
 * as a rolling-origin backtest, and is fitted again to all. Meant for a worker thread: it may take long.
 */
export async function train(
  series: Series,
  options: TrainOptions,
  stable: SavedModel | null,
): Promise<Training> {
  const started = performance.now();
  const rows = series.values.length;
  const report = { rows, fresh: null, adapters: [], skipped: [] };
  if (rows < LEAST_ROWS) {
    const reason = `${rows} rows are too few to train on; it takes ${LEAST_ROWS}`;
    return {
      decision: 'keep',
      reason,
      model: stable,
      report: { ...report, tookMs: performance.now() - started },
    };
  }
  const adapters = adaptersNamed(withNaive(options.adapters));
  const context = { pattern: patternOf(series), seed: options.seed, budgetMs: options.budgetMs };
  const held = Math.min(96, Math.floor(rows / 3));
  const errors: Partial<Record<AdapterName, number[]>> = {};
  const members: SavedMember[] = [];
  const skipped: SkippedAdapter[] = [];
  for (const adapter of adapters) {
    if (!adapter.canRun(options.resources, series)) continue;
    try {
      await adapter.prepare?.();
      const begun = performance.now();
      const walked = walk(adapter, series, rows - held, context);
      if (!walked) continue;
      errors[adapter.name] = walked;
      const model = adapter.fit(series, context);
      members.push(memberOf(adapter, model, walked, errors.naive ?? walked, performance.now() - begun));
    } catch (error) {
      skipped.push({ adapter: adapter.name, reason: messageOf(error), failures: 1, sitOut: 1 });
    }
  }
  const model: SavedModel = {
    format: SAVED_FORMAT,
    rows,
    from: series.times[0] ?? 0,
    through: series.times.at(-1) ?? 0,
    pattern: { ...context.pattern, seasons: [...context.pattern.seasons] },
    members,
    skipped,
    errors,
    generation: (stable?.generation ?? 0) + 1,
  };
  return {
    decision: 'replace',
    reason: stable ? 'trained anew' : 'nothing was trained before',
    model,
    report: { ...report, adapters: members, skipped, tookMs: performance.now() - started },
  };
}

/** One-step errors from row `from` on, of a model fitted to the rows before; `undefined` if it can't forecast. */
function walk(adapter: Adapter, series: Series, from: number, context: FitContext): number[] | undefined {
  const times = series.times.slice(0, from);
  const values = series.values.slice(0, from);
  const model = adapter.fit({ times, values }, context);
  const errors: number[] = [];
  for (let row = from; row < series.values.length; row += 1) {
    const forecast = model.predict({ times, values }, 1);
    const value = series.values[row];
    if (forecast === undefined || value === undefined || !Number.isFinite(forecast)) return undefined;
    errors.push(forecast - value);
    times.push(series.times[row] ?? 0);
    values.push(value);
    model.update?.({ times, values });
  }
  return errors;
}

function memberOf(
  adapter: Adapter,
  model: FittedModel,
  errors: readonly number[],
  naiveErrors: readonly number[],
  fitMs: number,
): SavedMember {
  return {
    adapter: adapter.name,
    version: adapter.version,
    hyperparameters: { ...model.hyperparameters },
    fitted: model.save(),
    mae: meanAbsolute(errors),
    naiveMae: meanAbsolute(naiveErrors),
    fitMs,
  };
}

function meanAbsolute(errors: readonly number[]): number {
  return errors.reduce((sum, error) => sum + Math.abs(error), 0) / Math.max(errors.length, 1);
}
