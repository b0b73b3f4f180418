/**
 * How long a fault test goes on. CI runs the short form; `npm run soak` sets PRESAGE_SOAK_SECONDS and gets the long one.
 */
const soakSeconds = Number(process.env.PRESAGE_SOAK_SECONDS ?? 0);

export const IS_SOAK = soakSeconds > 0;

/** Chooses by form. */
export function form<T>(short: T, long: T): T {
  return IS_SOAK ? long : short;
}

/** How long faults go on, in ms: `shortMs` in CI, PRESAGE_SOAK_SECONDS in the long form. */
export function faultMs(shortMs: number): number {
  return IS_SOAK ? soakSeconds * 1_000 : shortMs;
}

/** Where every random choice starts: PRESAGE_SOAK_SEED, so that a run can be repeated. */
export const SEED = Number(process.env.PRESAGE_SOAK_SEED ?? 7);
