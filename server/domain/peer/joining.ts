import type { JoinCode, Peer as PeerRow, Prisma, PrismaClient } from '../../../prisma/client/client.ts';
import { PresageError } from '../../../schema/errors.ts';
import type { EpochMs } from '../../../schema/time.ts';
import { mayNameATenant } from '../tenant/tenant-name.ts';
import { joinCodeHash } from './join-codes.ts';
import type { SignIn } from './peers.ts';
import type { PeerSettings } from './settings.ts';

/**
 * Which tenant somebody who has proved a key signs in to, and as which peer. With a join code it is the code's tenant;
 * with a name it is that tenant, of which the key must be a peer; with neither it is the default tenant.
 */
export class Joining {
  readonly #prisma: PrismaClient;
  readonly #settings: PeerSettings;
  readonly #now: () => EpochMs;

  constructor(prisma: PrismaClient, settings: PeerSettings, now: () => EpochMs) {
    this.#prisma = prisma;
    this.#settings = settings;
    this.#now = now;
  }

  /** The peer that the key is there, named anew if a name is given. Throws `FORBIDDEN`, `BAD_INPUT`. */
  async join({ publicKey, joinCode, tenant }: SignIn, name: string | null): Promise<PeerRow> {
    if (joinCode != null && tenant != null) {
      throw new PresageError('BAD_INPUT', 'Both joinCode and tenant are given; the code says which tenant.');
    }
    const row =
      joinCode == null
        ? await this.#enter(tenant ?? this.#settings.tenant, publicKey, name)
        : await this.#prisma.$transaction((transaction) =>
            this.#enterByCode(transaction, joinCode, publicKey, name),
          );
    if (row.revokedAt) throw revoked();
    if (name === null || row.name === name) return row;
    return this.#prisma.peer.update({ where: { id: row.id }, data: { name } });
  }

  async #enter(tenant: string, publicKey: string, name: string | null): Promise<PeerRow> {
    if (!mayNameATenant(tenant)) throw noPeer(tenant);
    const where = { tenant_publicKey: { tenant, publicKey } };
    const present = await this.#prisma.peer.findUnique({ where });
    if (present) return present;
    const { operatorKeys, openJoin, tenant: openTenant } = this.#settings;
    const isOperator = operatorKeys.includes(publicKey);
    const isOpen = openJoin && tenant === openTenant;
    const mayEnter =
      isOpen || (isOperator && (await this.#prisma.tenant.count({ where: { name: tenant } })) > 0);
    if (!mayEnter) throw noPeer(tenant);
    return enterOnce(this.#prisma, { tenant, publicKey, name, role: 'PEER' });
  }

  /** A peer that is in already signs in by any code of its tenant, used up or not: programs give it at every start. */
  async #enterByCode(
    transaction: Prisma.TransactionClient,
    text: string,
    publicKey: string,
    name: string | null,
  ): Promise<PeerRow> {
    const hash = joinCodeHash(text);
    await transaction.$queryRaw`SELECT id FROM join_codes WHERE hash = ${hash} FOR UPDATE`;
    const code = await transaction.joinCode.findUnique({ where: { hash } });
    if (!code) throw badCode();
    const { tenant, role } = code;
    const where = { tenant_publicKey: { tenant, publicKey } };
    const present = await transaction.peer.findUnique({ where });
    if (present) return present;
    if (!this.#isGood(code)) throw badCode();
    await transaction.joinCode.update({ where: { hash }, data: { uses: { increment: 1 } } });
    return enterOnce(transaction, { tenant, publicKey, name, role });
  }

  #isGood({ revokedAt, expiresAt, maxUses, uses }: JoinCode): boolean {
    return !revokedAt && expiresAt.getTime() > this.#now() && (maxUses === null || uses < maxUses);
  }
}

/** Of several processes that sign in for the first time at once one makes the peer; an upsert would fail the others. */
async function enterOnce(
  prisma: Pick<Prisma.TransactionClient, 'peer'>,
  peer: Pick<PeerRow, 'tenant' | 'publicKey' | 'name' | 'role'>,
): Promise<PeerRow> {
  await prisma.peer.createMany({ data: [peer], skipDuplicates: true });
  const { tenant, publicKey } = peer;
  return prisma.peer.findUniqueOrThrow({ where: { tenant_publicKey: { tenant, publicKey } } });
}

/** One answer to codes that are unknown, expired, used up and revoked: which it is, is nobody's business. */
function badCode(): PresageError {
  return new PresageError('FORBIDDEN', 'The join code is not good (any more); ask an operator for another.');
}

function noPeer(tenant: string): PresageError {
  return new PresageError(
    'FORBIDDEN',
    `This key is no peer of a tenant "${tenant.slice(0, 63)}"; sign in with a joinCode that its operator gave you.`,
  );
}

function revoked(): PresageError {
  return new PresageError('FORBIDDEN', 'This peer was revoked; only an operator of its tenant restores it.');
}
