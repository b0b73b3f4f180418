import type { Peer as PeerRow } from '../../../prisma/client/client.ts';
import { PresageError } from '../../../schema/errors.ts';
import type { Database } from '../../storage/database.ts';
import type { Actor } from '../actor.ts';
import type { Control } from '../control/control.ts';
import { pageOf } from '../filter/page-sql.ts';
import type { Page, PageRequest } from '../page.ts';
import { toLimits, toPeer } from '../peer/peer-row.ts';
import type { Peers } from '../peer/peers.ts';
import type { PeerRules } from '../peer/settings.ts';
import { operatedTenant, operatorStanding } from './authority.ts';
import { createTenant } from './create-tenant.ts';
import { JoinCodes } from './join-code-service.ts';
import { changePeer } from './peer-changes.ts';
import type {
  JoinCodeDocument,
  Member,
  NewJoinCode,
  PeerChange,
  TenantDocument,
  Tenants,
} from './tenants.ts';

export interface TenantParts {
  readonly database: Pick<Database, 'pool' | 'prisma'>;
  readonly peers: Pick<Peers, 'standing'>;
  readonly control: Control;
  readonly rules: PeerRules;
}

/** What operators do to tenants, join codes and peers. */
export class TenantService implements Tenants {
  readonly #parts: TenantParts;
  readonly #codes: JoinCodes;

  constructor(parts: TenantParts) {
    this.#parts = parts;
    this.#codes = new JoinCodes(parts.database.prisma);
  }

  async create(actor: Actor, name: string): Promise<TenantDocument> {
    const { installation } = await operatorStanding(this.#parts.peers, actor);
    if (!installation) {
      throw new PresageError('FORBIDDEN', 'Only operators of the installation create tenants.');
    }
    const tenant = await createTenant(this.#parts.database, name);
    if (!tenant) throw new PresageError('CONFLICT', `There is a tenant "${name}" already.`);
    return tenant;
  }

  async list(actor: Actor): Promise<readonly TenantDocument[]> {
    const { installation } = await operatorStanding(this.#parts.peers, actor);
    const rows = await this.#parts.database.prisma.tenant.findMany({
      where: installation ? {} : { name: actor.tenant },
      orderBy: { name: 'asc' },
    });
    return rows.map(({ name, createdAt }) => ({ name, createdAt: createdAt.getTime() }));
  }

  async createJoinCode(
    actor: Actor,
    tenant: string | null,
    input: NewJoinCode,
  ): Promise<{ code: string; joinCode: JoinCodeDocument }> {
    return this.#codes.create(await this.#tenant(actor, tenant), input);
  }

  async joinCodes(actor: Actor, tenant: string | null): Promise<readonly JoinCodeDocument[]> {
    return this.#codes.list(await this.#tenant(actor, tenant));
  }

  async revokeJoinCode(actor: Actor, tenant: string | null, id: string): Promise<JoinCodeDocument> {
    return this.#codes.revoke(await this.#tenant(actor, tenant), id);
  }

  async members(actor: Actor, named: string | null, page: PageRequest): Promise<Page<Member>> {
    const tenant = await this.#tenant(actor, named);
    const { after, before, backward, limit } = page;
    const rows = await this.#parts.database.prisma.peer.findMany({
      where: {
        tenant,
        id: {
          ...(after === undefined ? {} : { gt: after }),
          ...(before === undefined ? {} : { lt: before }),
        },
      },
      orderBy: { id: backward ? 'desc' : 'asc' },
      take: limit + 1,
    });
    return pageOf(
      rows.map((row) => ({ position: row.id, member: this.#member(row) })),
      page,
      ({ member }) => member,
    );
  }

  async change(actor: Actor, named: string | null, publicKey: string, change: PeerChange): Promise<Member> {
    const { database, control } = this.#parts;
    const tenant = await this.#tenant(actor, named);
    if (change.kind === 'revoke' || change.kind === 'role') this.#keepOperators(actor, publicKey);
    const row = await changePeer(database, tenant, publicKey, change);
    if (!row) throw new PresageError('NOT_FOUND', `There is no peer of key ${publicKey}.`);
    await control.announce({ kind: 'peer', tenant, publicKey });
    return this.#member(row);
  }

  /** The last operator can't lock everybody out, nor can a tenant's operator turn on those of the installation. */
  #keepOperators(actor: Actor, publicKey: string): void {
    if (publicKey === actor.peer.publicKey) {
      throw new PresageError('CONFLICT', 'Operators neither revoke themselves nor change their own role.');
    }
    if (this.#parts.rules.operatorKeys.includes(publicKey)) {
      throw new PresageError(
        'CONFLICT',
        'This key is an operator of the installation; take it out of PRESAGE_OPERATOR_KEYS instead.',
      );
    }
  }

  #member(row: PeerRow): Member {
    const { rules } = this.#parts;
    return {
      tenant: row.tenant,
      peer: toPeer(row, rules),
      revokedAt: row.revokedAt?.getTime() ?? null,
      limits: toLimits(row, rules),
    };
  }

  operated(actor: Actor, named: string | null): Promise<string> {
    return this.#tenant(actor, named);
  }

  #tenant(actor: Actor, named: string | null): Promise<string> {
    const { database, peers } = this.#parts;
    const exists = async (name: string) => (await database.prisma.tenant.count({ where: { name } })) > 0;
    return operatedTenant(peers, exists, actor, named);
  }
}
