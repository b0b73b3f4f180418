import { randomBytes } from 'node:crypto';
import type { PrismaClient } from '../../../prisma/client/client.ts';
import { PresageError } from '../../../schema/errors.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { SignIn } from './peers.ts';
import { checkPublicKey, isSignedBy } from './public-key.ts';
import type { TokenSigner } from './token-signer.ts';

/**
 * Challenges carry their own proof, so that asking for one stores nothing; answering one stores its nonce, so that it
 * counts once, whichever process it is answered at.
 */
export class Challenges {
  readonly #prisma: PrismaClient;
  readonly #signer: TokenSigner;
  readonly #seconds: number;
  readonly #now: () => EpochMs;

  constructor(prisma: PrismaClient, signer: TokenSigner, seconds: number, now: () => EpochMs) {
    this.#prisma = prisma;
    this.#signer = signer;
    this.#seconds = seconds;
    this.#now = now;
  }

  /** Throws `BAD_INPUT` for a text that is no key. */
  async issue(publicKey: string): Promise<{ challenge: string; expiresAt: EpochMs }> {
    const claims = { sub: checkPublicKey(publicKey), jti: randomBytes(32).toString('base64url') };
    const expiresAt = Math.floor(this.#now() / 1_000 + this.#seconds) * 1_000;
    return { challenge: await this.#signer.sign('presage:challenge', claims, expiresAt), expiresAt };
  }

  /** Returns if the answer is right, which it can be once. Throws `UNAUTHENTICATED` and `BAD_INPUT`. */
  async answer({ publicKey, challenge, signature }: SignIn): Promise<void> {
    checkPublicKey(publicKey);
    const claims = await this.#signer.check('presage:challenge', challenge);
    if (claims === 'expired') throw refused('The challenge has expired');
    if (claims === 'foreign') throw refused('The challenge is not one of this server');
    const { sub, jti, exp } = claims;
    if (sub !== publicKey || !jti || !exp) throw refused('The challenge was given to another key');
    if (!isSignedBy(publicKey, challenge, signature)) {
      throw refused("The signature is not this key's signature of the challenge's UTF-8 bytes, as base64url");
    }
    const { count } = await this.#prisma.usedChallenge.createMany({
      data: { nonce: jti, expiresAt: new Date(exp * 1_000) },
      skipDuplicates: true,
    });
    if (count === 0) throw refused('The challenge has been answered already');
  }

  /** Forgets nonces of challenges that have expired, and so can't be answered anyway. */
  async purge(): Promise<void> {
    await this.#prisma.usedChallenge.deleteMany({ where: { expiresAt: { lt: new Date(this.#now()) } } });
  }
}

function refused(why: string): PresageError {
  return new PresageError(
    'UNAUTHENTICATED',
    `${why}; ask for a new one with requestChallenge and sign that.`,
  );
}
