import { ridge } from '../../../server/domain/consensus/ridge.ts';
import { back, FIT_ON, type MakeMethod, REFIT_EVERY } from './method.ts';

export interface AutoregressionOptions {
  readonly name: string;
  /** Steps back that the next change is regressed on. */
  readonly lags: (season: number) => readonly number[];
  readonly penalty: number;
  /** Newest observations that it is fitted on. @default 1000 */
  readonly fitOn?: number;
}

/**
 * Regresses the next change on the values some steps back, each seen from the last value: a random walk where nothing
 * can be learned, seasons where there are some.
 */
export function autoregression({ name, lags, penalty, fitOn = FIT_ON }: AutoregressionOptions): MakeMethod {
  return (season) => {
    const steps = lags(season);
    let coefficients: Float64Array = new Float64Array(steps.length);
    let fittedAt = Number.NEGATIVE_INFINITY;
    return {
      name,
      next: (past) => {
        if (past.length - fittedAt >= REFIT_EVERY) {
          coefficients = fitted(past, steps, penalty, fitOn);
          fittedAt = past.length;
        }
        const row = rowOf(past, steps);
        return back(past, 1) + row.reduce((sum, value, index) => sum + value * (coefficients[index] ?? 0), 0);
      },
    };
  };
}

function fitted(past: Float64Array, steps: readonly number[], penalty: number, fitOn: number): Float64Array {
  const longest = Math.max(...steps) + 1;
  const rows: Float64Array[] = [];
  const changes: number[] = [];
  for (let end = Math.max(longest, past.length - fitOn); end < past.length; end++) {
    const seen = past.subarray(0, end);
    rows.push(rowOf(seen, steps));
    changes.push((past[end] ?? 0) - back(seen, 1));
  }
  return ridge(rows, changes, penalty);
}

function rowOf(past: Float64Array, steps: readonly number[]): Float64Array {
  const last = back(past, 1);
  return Float64Array.from(steps, (step) => back(past, step) - last);
}
