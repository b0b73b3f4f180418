import type { AdapterName, Hyperparameters, Series } from '../adapters/adapter.ts';
import { adaptersNamed } from '../adapters/all.ts';
import { Combiner } from '../adapters/combiner.ts';
import { type ErrorColumns, meanAbsolute } from '../adapters/error-record.ts';
import { withNaive } from './online-model.ts';
import { Pilot } from './pilot.ts';
import type { SavedModel, SkippedAdapter } from './saved-model.ts';
import { replayed } from './stable.ts';
import { aheadOf, modeOf, type TrainOptions } from './train-options.ts';

export type { TrainOptions };

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

interface TrainingReport {
  readonly rows: number;
  /** Rows that pilot and stable were compared on, and their mean absolute errors there; null without a stable. */
  readonly fresh: { readonly rows: number; readonly pilotMae: number; readonly stableMae: number } | null;
  readonly tookMs: number;
  readonly adapters: readonly {
    readonly adapter: AdapterName;
    readonly hyperparameters: Hyperparameters;
    readonly mae: number;
    readonly naiveMae: number;
    readonly fitMs: number;
  }[];
  readonly skipped: readonly SkippedAdapter[];
}

/** Fewest rows that are worth training on. */
export const LEAST_ROWS = 16;
/** Rows since the last fit that a comparison takes, at most; fewer where the stable knew only few. */
const FRESH_ROWS = 24;

/**
 * Selects and fits what forecasts a series. The first time, every allowed adapter is fitted to the older rows, walks the
 * newest ones as a rolling-origin backtest, and is fitted again to all. After that, the pilot (other hyperparameters,
 * adapters that were missing) and the stable are compared on the rows since the stable's fit, which neither was fitted
 * to. Meant for a worker thread: it may take long.
 */
export async function train(
  series: Series,
  options: TrainOptions,
  stable: SavedModel | null,
): Promise<Training> {
  const started = performance.now();
  const rows = series.values.length;
  const kept = (reason: string): Training => ({
    decision: 'keep',
    reason,
    model: stable,
    report: {
      rows,
      fresh: null,
      tookMs: performance.now() - started,
      adapters: [],
      skipped: stable?.skipped ?? [],
    },
  });
  if (rows < LEAST_ROWS) return kept(`${rows} rows are too few to train on; it takes ${LEAST_ROWS}`);
  const mode = modeOf(options.adapters);
  const known = stable && replayed(series, stable, { horizons: aheadOf(options).horizons, mode });
  const fresh = known ? rows - known.rows : 0;
  const needed = Math.min(FRESH_ROWS, Math.ceil((known?.rows ?? 0) / 8));
  if (known && fresh < needed && !options.reopen) {
    return kept(`${fresh} rows since the last fit are too few to compare on; it takes ${needed}`);
  }
  for (const adapter of adaptersNamed(options.adapters)) await adapter.prepare?.();
  const pilot = new Pilot(series, { ...options, adapters: withNaive(options.adapters) }, known ?? null);
  const comparison = known && fresh >= needed ? compare(pilot.errors, known.errors, fresh) : null;
  const better = !comparison || comparison.pilotMae < comparison.stableMae;
  if (options.reopen && !better) {
    return kept(`selecting anew gave nothing better on the ${fresh} rows since the last fit`);
  }
  if (!better) pilot.takeBack();
  const model = pilot.fitted((stable?.generation ?? 0) + 1);
  const tookMs = performance.now() - started;
  const report = { rows, fresh: comparison, tookMs, adapters: model.members, skipped: model.skipped };
  if (!stable) return { decision: 'replace', reason: 'nothing was trained before', model, report };
  if (!comparison)
    return { decision: 'replace', reason: 'selected anew, with too few rows to compare on', model, report };
  const { pilotMae, stableMae } = comparison;
  return better
    ? {
        decision: 'replace',
        reason: `the pilot's error was ${figure(pilotMae)}, the stable's ${figure(stableMae)}`,
        model,
        report,
      }
    : {
        decision: 'refresh',
        reason: `the pilot's error was ${figure(pilotMae)}, no better than ${figure(stableMae)}`,
        model,
        report,
      };
}

/** An error as people read it; the report has all of its digits. */
function figure(error: number): string {
  return String(Number(error.toPrecision(4)));
}

/** What pilot and stable would have erred on the newest rows, each walking up to them with its own weights. */
function compare(pilot: ErrorColumns, stable: ErrorColumns, fresh: number) {
  const error = (errors: ErrorColumns) => {
    const names = Object.keys(errors).filter((name): name is AdapterName => name in errors);
    return meanAbsolute(new Combiner(names, errors, 'average').errors.slice(-fresh));
  };
  return { rows: fresh, pilotMae: error(pilot), stableMae: error(stable) };
}
