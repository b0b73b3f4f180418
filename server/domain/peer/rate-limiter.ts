import type { EpochMs } from '../../../schema/time.ts';

const MINUTE_MS = 60_000;
/** Buckets that are kept; one that was left alone for a minute is full, and as good as none. */
const MAX_BUCKETS = 100_000;

export interface Grant {
  readonly granted: number;
  /** How long until there is one more, in ms; 0 if all was granted. */
  readonly retryMs: number;
}

/**
 * Token buckets: each holds what may be done in a minute and fills at that pace. They are this process's own: of
 * several processes each counts what comes to it.
 */
export class RateLimiter {
  readonly #now: () => EpochMs;
  readonly #buckets = new Map<string, { tokens: number; at: EpochMs }>();

  constructor(now: () => EpochMs) {
    this.#now = now;
  }

  /** Takes up to `wanted` out of a bucket of `perMinute`. */
  take(key: string, wanted: number, perMinute: number): Grant {
    const now = this.#now();
    const bucket = this.#buckets.get(key);
    // A clock that was set back takes nothing out.
    const filled = bucket
      ? bucket.tokens + (Math.max(0, now - bucket.at) / MINUTE_MS) * perMinute
      : perMinute;
    const tokens = Math.min(perMinute, filled);
    const granted = Math.min(wanted, Math.floor(tokens));
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: tokens - granted, at: now });
    if (this.#buckets.size > MAX_BUCKETS) this.#dropOldest();
    if (granted === wanted) return { granted, retryMs: 0 };
    const missing = 1 - (tokens - granted);
    return { granted, retryMs: perMinute > 0 ? (missing / perMinute) * MINUTE_MS : MINUTE_MS };
  }

  #dropOldest(): void {
    const oldest = this.#buckets.keys().next();
    if (!oldest.done) this.#buckets.delete(oldest.value);
  }
}

/** When to try again, in words. */
export function again({ retryMs }: Grant): string {
  return `try again in ${Math.max(1, Math.ceil(retryMs / 1_000))} s`;
}
