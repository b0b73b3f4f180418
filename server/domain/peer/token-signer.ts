import { createSecretKey, type KeyObject } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { EpochMs } from '../../../schema/time.ts';
import type { ServerFacts } from './server-facts.ts';

/** What a token is for. One made for one purpose is refused for every other. */
export type Purpose = 'presage:challenge' | 'presage:access';

const ALGORITHM = 'HS256';

/** Signs and checks tokens that only this installation can have made. */
export class TokenSigner {
  readonly #issuer: string;
  readonly #key: KeyObject;
  readonly #now: () => EpochMs;

  constructor({ serverId, tokenSecret }: ServerFacts, now: () => EpochMs) {
    this.#issuer = serverId;
    this.#key = createSecretKey(tokenSecret);
    this.#now = now;
  }

  /** A compact JWS that is good until `expiresAt`, which is cut to the second. */
  async sign(purpose: Purpose, claims: JWTPayload, expiresAt: EpochMs): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM })
      .setIssuer(this.#issuer)
      .setAudience(purpose)
      .setIssuedAt(Math.floor(this.#now() / 1_000))
      .setExpirationTime(Math.floor(expiresAt / 1_000))
      .sign(this.#key);
  }

  /** The claims of a token; `expired` or `foreign` for one that counts no more or never did. */
  async check(purpose: Purpose, token: string): Promise<JWTPayload | 'expired' | 'foreign'> {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        issuer: this.#issuer,
        audience: purpose,
        algorithms: [ALGORITHM],
        currentDate: new Date(this.#now()),
        requiredClaims: ['exp'],
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) return 'expired';
      if (error instanceof errors.JOSEError) return 'foreign';
      throw error;
    }
  }
}
