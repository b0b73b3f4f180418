import { hash } from 'node:crypto';
import type { CanonicalDecimal } from './decimal.ts';
import type { EpochMs } from './time.ts';

/** The previous hash of a stream's first observation. */
export const GENESIS = '';

/**
 * One link of a stream's hash chain, lower-case hex:
 * `sha256(previous hash | observedAt in epoch ms | canonical value)`, fields joined by `|`.
 * The chain follows the log: corrections and retractions are links of their own, in the order they were committed;
 * a retraction's link repeats the value it retracts.
 */
export function linkHash(previous: string, observedAt: EpochMs, value: CanonicalDecimal): string {
  return hash('sha256', `${previous}|${observedAt}|${value}`, 'hex');
}

/** What of a chain's row is needed to verify it. */
export interface ChainLink {
  readonly observedAt: EpochMs;
  readonly value: CanonicalDecimal;
  readonly hash: string;
}

/** Whether `link` follows the row whose hash is `previous`. */
export function followsChain(previous: string, link: ChainLink): boolean {
  return linkHash(previous, link.observedAt, link.value) === link.hash;
}
