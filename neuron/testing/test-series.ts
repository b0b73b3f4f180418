import { randomFrom } from '../../schema/seeded-random.ts';
import type { FitContext, Pattern, Series } from '../adapters/adapter.ts';

const HOUR_MS = 3_600_000;
const T0 = Date.UTC(2026, 0, 5);

/** Values an hour apart. */
export function hourly(values: readonly number[]): Series {
  return { times: values.map((_, row) => T0 + row * HOUR_MS), values };
}

/** Standard normal numbers that depend on the seed alone (Box and Muller). */
export function normalFrom(seed: number): () => number {
  const random = randomFrom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export function randomWalk(rows: number, seed: number): number[] {
  const normal = normalFrom(seed);
  let value = 1_000;
  return Array.from({ length: rows }, () => {
    value += normal();
    return value;
  });
}

/** A day's course of 24 rows, a trend, and noise of the given size. */
export function daily(rows: number, noise: number, seed = 1): number[] {
  const normal = normalFrom(seed);
  return Array.from(
    { length: rows },
    (_, row) => 100 + 0.05 * row + 20 * Math.sin((2 * Math.PI * row) / 24) + noise * normal(),
  );
}

export function contextOf(seasons: readonly number[], more: Partial<FitContext> = {}): FitContext {
  const pattern: Pattern = { cadenceMs: HOUR_MS, regular: true, seasons };
  return { pattern, seed: 1, budgetMs: 60_000, ...more };
}

/** One hour more. */
export function withRow({ times, values }: Series, value: number): Series {
  return { times: [...times, (times.at(-1) ?? 0) + 3_600_000], values: [...values, value] };
}
