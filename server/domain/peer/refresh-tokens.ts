import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Prisma, PrismaClient } from '../../../prisma/client/client.ts';
import { PresageError } from '../../../schema/errors.ts';
import type { EpochMs } from '../../../schema/time.ts';

/**
 * Refresh tokens rotate: each works once and gives the next of its family. One that is used again was copied by
 * somebody, so that ends the family. Only hashes are stored.
 */
export class RefreshTokens {
  readonly #prisma: PrismaClient;
  readonly #seconds: number;
  readonly #now: () => EpochMs;

  constructor(prisma: PrismaClient, seconds: number, now: () => EpochMs) {
    this.#prisma = prisma;
    this.#seconds = seconds;
    this.#now = now;
  }

  /** The first token of a new family. */
  async begin(peerId: number): Promise<string> {
    return this.#insert(this.#prisma, randomUUID(), peerId);
  }

  /** Uses a token up. Throws `UNAUTHENTICATED` if it is unknown, expired or used. */
  async rotate(token: string): Promise<{ peerId: number; next: string }> {
    const hash = hashOf(token);
    const outcome = await this.#prisma.$transaction(async (transaction) => {
      const family = await lockFamily(transaction, hash);
      if (!family) return 'unknown';
      const found = await transaction.refreshToken.findUnique({ where: { hash } });
      if (!found) return 'unknown';
      if (found.usedAt) {
        await transaction.refreshToken.updateMany({
          where: { family, usedAt: null },
          data: { usedAt: new Date(this.#now()) },
        });
        return 'used';
      }
      if (found.expiresAt.getTime() <= this.#now()) return 'expired';
      await transaction.refreshToken.update({ where: { hash }, data: { usedAt: new Date(this.#now()) } });
      return { peerId: found.peerId, next: await this.#insert(transaction, family, found.peerId) };
    });
    if (typeof outcome === 'object') return outcome;
    throw new PresageError(
      'UNAUTHENTICATED',
      `${WHY[outcome]}; sign in again with requestChallenge and authenticate.`,
    );
  }

  /** Forgets tokens that have expired. */
  async purge(): Promise<void> {
    await this.#prisma.refreshToken.deleteMany({ where: { expiresAt: { lt: new Date(this.#now()) } } });
  }

  async #insert(database: Prisma.TransactionClient, family: string, peerId: number): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const expiresAt = new Date(this.#now() + this.#seconds * 1_000);
    await database.refreshToken.create({ data: { hash: hashOf(token), family, peerId, expiresAt } });
    return token;
  }
}

const WHY = {
  unknown: 'This is no refresh token of this server',
  expired: 'The refresh token has expired',
  used: 'The refresh token was used before, so this sign-in has ended in case it was stolen',
};

/** Holds all tokens of a family, so that a token's use and the end of its family can't pass each other by. */
async function lockFamily(
  transaction: Prisma.TransactionClient,
  hash: Uint8Array<ArrayBuffer>,
): Promise<string | undefined> {
  const rows = await transaction.$queryRaw<{ family: string }[]>`
    SELECT family::text FROM refresh_tokens
    WHERE family = (SELECT family FROM refresh_tokens WHERE hash = ${hash})
    ORDER BY hash FOR UPDATE`;
  return rows[0]?.family;
}

function hashOf(token: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(token).digest());
}
