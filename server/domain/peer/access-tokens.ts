import { PresageError } from '../../../schema/errors.ts';
import type { PeerDocument } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import { ExpiringCache } from './expiring-cache.ts';
import type { TokenSigner } from './token-signer.ts';

/** What an access token says. Whether the peer still is who it was is looked up. */
export interface AccessClaims {
  readonly tenant: string;
  readonly publicKey: string;
  /** Cut to the second. */
  readonly issuedAt: EpochMs;
  readonly expiresAt: EpochMs;
}

/** Tokens whose signature needs no second check. */
const REMEMBERED = 10_000;

export class AccessTokens {
  readonly #signer: TokenSigner;
  readonly #seconds: number;
  readonly #now: () => EpochMs;
  readonly #known: ExpiringCache<AccessClaims>;

  constructor(signer: TokenSigner, seconds: number, now: () => EpochMs) {
    this.#signer = signer;
    this.#seconds = seconds;
    this.#now = now;
    this.#known = new ExpiringCache(REMEMBERED, now);
  }

  get seconds(): number {
    return this.#seconds;
  }

  async issue(tenant: string, { publicKey, role }: PeerDocument): Promise<string> {
    const expiresAt = this.#now() + this.#seconds * 1_000;
    return this.#signer.sign('presage:access', { tenant, peer: publicKey, role }, expiresAt);
  }

  /** Throws `UNAUTHENTICATED` for a token that is not ours or has expired. */
  async check(token: string): Promise<AccessClaims> {
    const known = this.#known.get(token);
    if (known) return known;
    const payload = await this.#signer.check('presage:access', token);
    if (payload === 'expired') {
      throw new PresageError(
        'UNAUTHENTICATED',
        'The access token has expired; get a new one with refreshSession, or sign in again.',
      );
    }
    const { tenant, peer, iat, exp } = payload === 'foreign' ? {} : payload;
    const isWhole = typeof tenant === 'string' && typeof peer === 'string';
    if (!isWhole || typeof iat !== 'number' || typeof exp !== 'number') {
      throw new PresageError(
        'UNAUTHENTICATED',
        'This is no access token of this server; sign in with requestChallenge and authenticate.',
      );
    }
    const claims = { tenant, publicKey: peer, issuedAt: iat * 1_000, expiresAt: exp * 1_000 };
    this.#known.set(token, claims, claims.expiresAt);
    return claims;
  }
}
