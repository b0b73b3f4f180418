import { randomUUID } from 'node:crypto';
import type { JoinCode, PrismaClient } from '../../../prisma/client/client.ts';
import { PresageError } from '../../../schema/errors.ts';
import { joinCodeHash, newJoinCode } from '../peer/join-codes.ts';
import { checkPeerName } from '../peer/peer-name.ts';
import type { JoinCodeDocument, NewJoinCode } from './tenants.ts';

const YEAR_SECONDS = 366 * 86_400;
const MAX_USES = 1_000_000;
/** Codes of a tenant that are listed. */
const MAX_LISTED = 1_000;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** The join codes of a tenant whose operator asks. */
export class JoinCodes {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  async create(tenant: string, input: NewJoinCode): Promise<{ code: string; joinCode: JoinCodeDocument }> {
    const { role, expiresInSeconds, maxUses = null } = input;
    checkWhole('expiresInSeconds', expiresInSeconds, YEAR_SECONDS);
    if (maxUses !== null) checkWhole('maxUses', maxUses, MAX_USES);
    const code = newJoinCode();
    const row = await this.#prisma.joinCode.create({
      data: {
        ...{
          id: randomUUID(),
          tenant,
          hash: joinCodeHash(code),
          label: checkPeerName(input.label),
          role,
          maxUses,
        },
        expiresAt: new Date(Date.now() + expiresInSeconds * 1_000),
      },
    });
    return { code, joinCode: toDocument(row) };
  }

  async list(tenant: string): Promise<readonly JoinCodeDocument[]> {
    const rows = await this.#prisma.joinCode.findMany({
      where: { tenant },
      orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
      take: MAX_LISTED,
    });
    return rows.map(toDocument);
  }

  async revoke(tenant: string, id: string): Promise<JoinCodeDocument> {
    if (!UUID.test(id)) throw unknownCode(id);
    await this.#prisma.joinCode.updateMany({
      where: { id, tenant, revokedAt: null },
      data: { revokedAt: new Date() },
    });
    const row = await this.#prisma.joinCode.findFirst({ where: { id, tenant } });
    if (!row) throw unknownCode(id);
    return toDocument(row);
  }
}

function checkWhole(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new PresageError('BAD_INPUT', `${name} is ${value}; give a whole number from 1 to ${most}.`);
}

function unknownCode(id: string): PresageError {
  return new PresageError('NOT_FOUND', `There is no join code of id "${id.slice(0, 60)}".`);
}

function toDocument(row: JoinCode): JoinCodeDocument {
  const { id, label, role, maxUses, uses } = row;
  return {
    ...{ id, label, role, maxUses, uses },
    expiresAt: row.expiresAt.getTime(),
    createdAt: row.createdAt.getTime(),
    revokedAt: row.revokedAt?.getTime() ?? null,
  };
}
