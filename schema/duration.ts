/** Lengths of the units that a duration is written with, in ms. */
const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNITS;

/** Longest duration, in ms: a hundred years. */
const LONGEST_MS = 36_525 * UNITS.d;

/**
 * Reads a duration such as `30s`, `90m`, `1h` or `7d` in ms: a whole number from 1 and one unit, nothing else;
 * `undefined` if it is none. It is never guessed what `90` or `1 hour` may mean.
 */
export function parseDuration(
  text: string,
  units: readonly Unit[] = ['s', 'm', 'h', 'd'],
): number | undefined {
  const match = /^([1-9]\d{0,8})(ms|s|m|h|d)$/.exec(text);
  const unit = units.find((candidate) => candidate === match?.[2]);
  if (!match || unit === undefined) return undefined;
  const duration = Number(match[1]) * UNITS[unit];
  return duration <= LONGEST_MS ? duration : undefined;
}
