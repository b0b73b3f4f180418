import { randomFrom } from '../../../schema/seeded-random.ts';
import type { Hyperparameters } from '../adapter.ts';

interface Range {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly whole?: boolean;
}

/** What is searched, by XGBoost's names (and `clip`, ours), within which bounds, and from where. */
export const RANGES: Readonly<Record<string, Range>> = {
  rounds: { from: 60, to: 300, start: 200, whole: true },
  max_depth: { from: 2, to: 6, start: 5, whole: true },
  eta: { from: 0.02, to: 0.3, start: 0.04 },
  min_child_weight: { from: 1, to: 40, start: 10 },
  subsample: { from: 0.5, to: 1, start: 0.7 },
  colsample_bytree: { from: 0.3, to: 1, start: 0.5 },
  lambda: { from: 0.3, to: 30, start: 3 },
  /** Changes beyond so many typical ones count as that many: squared errors would see nothing else. */
  clip: { from: 2.5, to: 12, start: 6 },
};

export const START: Hyperparameters = Object.freeze(
  Object.fromEntries(Object.entries(RANGES).map(([name, range]) => [name, range.start])),
);

/** What was given within the bounds, and the start for what was not. */
export function bounded(given: Hyperparameters = START): Hyperparameters {
  return Object.fromEntries(
    Object.entries(RANGES).map(([name, range]) => [name, clamp(range, given[name] ?? range.start)]),
  );
}

/** Changes about a third of the hyperparameters, each by a factor of mostly ½ to 2, within their bounds. */
export function mutated(given: Hyperparameters | undefined, seed: number): Hyperparameters {
  const random = randomFrom(seed);
  const names = Object.keys(RANGES);
  const sure = names[Math.floor(random() * names.length)];
  return bounded(
    Object.fromEntries(
      Object.entries(bounded(given)).map(([name, value]) => {
        // The sum of three uniform numbers is near enough to a normal one.
        const step = random() + random() + random() - 1.5;
        return [name, name === sure || random() < 0.25 ? value * 2 ** (1.4 * step) : value];
      }),
    ),
  );
}

function clamp({ from, to, whole }: Range, value: number): number {
  const within = Math.min(to, Math.max(from, Number.isFinite(value) ? value : from));
  return whole ? Math.round(within) : within;
}
