import { createPublicKey, randomUUID, verify } from 'node:crypto';
import { GraphQLError } from 'graphql';

export function refusal(code: string, message: string, details: object = {}): GraphQLError {
  return new GraphQLError(message, { extensions: { code, ...details } });
}

/** Challenges and tokens as the server has them, with a clock that tests can push. */
export class TestPeers {
  /** Seconds an access token lasts. */
  tokenSeconds = 3_600;
  signIns = 0;
  refreshes = 0;
  readonly #challenges = new Map<string, string>();
  readonly #access = new Map<string, string>();
  readonly #refresh = new Map<string, string>();

  challenge(publicKey: string) {
    const challenge = randomUUID();
    this.#challenges.set(challenge, publicKey);
    return { challenge, expiresAt: new Date(Date.now() + 60_000).toISOString() };
  }

  authenticate(input: { publicKey: string; challenge: string; signature: string }) {
    if (this.#challenges.get(input.challenge) !== input.publicKey) {
      throw refusal('UNAUTHENTICATED', 'That is no challenge of this server.');
    }
    this.#challenges.delete(input.challenge);
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: input.publicKey }, format: 'jwk' });
    if (!verify(null, Buffer.from(input.challenge), key, Buffer.from(input.signature, 'base64url'))) {
      throw refusal('UNAUTHENTICATED', 'The signature is wrong.');
    }
    this.signIns += 1;
    return this.#session(input.publicKey);
  }

  refresh(token: string) {
    const publicKey = this.#refresh.get(token);
    if (publicKey === undefined) throw refusal('UNAUTHENTICATED', 'The refresh token was used before.');
    this.#refresh.delete(token);
    this.refreshes += 1;
    return this.#session(publicKey);
  }

  /** Whose token it is. Throws `UNAUTHENTICATED`. */
  verify(token: string): string {
    const publicKey = this.#access.get(token);
    if (publicKey === undefined) throw refusal('UNAUTHENTICATED', 'The token has expired; refresh it.');
    return publicKey;
  }

  /** Every access token given so far is no good any more; refresh tokens stay, unless `all`. */
  expire(which: 'access' | 'all' = 'access'): void {
    this.#access.clear();
    if (which === 'all') this.#refresh.clear();
  }

  #session(publicKey: string) {
    const accessToken = randomUUID();
    const refreshToken = randomUUID();
    this.#access.set(accessToken, publicKey);
    this.#refresh.set(refreshToken, publicKey);
    return { accessToken, refreshToken, expiresIn: this.tokenSeconds };
  }
}
