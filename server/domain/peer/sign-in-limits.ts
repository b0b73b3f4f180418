import { PresageError } from '../../../schema/errors.ts';
import type { EpochMs } from '../../../schema/time.ts';
import { again, RateLimiter } from './rate-limiter.ts';
import type { PeerSettings } from './settings.ts';

/**
 * How often one may sign in. An address is counted whatever it sends; a key only once it is proved, since otherwise
 * anybody could lock out a key that he has seen.
 */
export class SignInLimits {
  readonly #settings: PeerSettings;
  readonly #limiter: RateLimiter;

  constructor(settings: PeerSettings, now: () => EpochMs) {
    this.#settings = settings;
    this.#limiter = new RateLimiter(now);
  }

  /** Throws `LIMITED`. Without an address, as within this process, there is nothing to count. */
  countAddress(address: string | undefined): void {
    if (address !== undefined) {
      this.#count(`address ${address}`, this.#settings.signInsPerAddress, 'from this address');
    }
  }

  /** Throws `LIMITED`. */
  countKey(publicKey: string): void {
    this.#count(`key ${publicKey}`, this.#settings.signInsPerKey, 'with this key');
  }

  #count(bucket: string, perMinute: number, whose: string): void {
    const grant = this.#limiter.take(bucket, 1, perMinute);
    if (grant.granted === 1) return;
    throw new PresageError(
      'LIMITED',
      `There are more than ${perMinute} sign-ins a minute ${whose}; ${again(grant)}.`,
    );
  }
}
