import { PresageError } from '../../../schema/errors.ts';
import type { Actor } from '../actor.ts';
import type { Peers } from '../peer/peers.ts';
import { mayNameATenant } from './tenant-name.ts';

/** Whether there is a tenant of this name. */
type TenantExists = (name: string) => Promise<boolean>;

/**
 * The tenant that an operator acts in: the named one, by default the operator's own. Throws `FORBIDDEN` for who is no
 * operator, before anything else is looked at, and `NOT_FOUND` for a tenant that is not theirs to see.
 */
export async function operatedTenant(
  peers: Pick<Peers, 'standing'>,
  tenantExists: TenantExists,
  actor: Actor,
  named: string | null,
): Promise<string> {
  const { installation } = await operatorStanding(peers, actor);
  if (named === null || named === actor.tenant) return actor.tenant;
  if (installation && mayNameATenant(named) && (await tenantExists(named))) return named;
  throw new PresageError('NOT_FOUND', `There is no tenant "${named.slice(0, 63)}".`);
}

/** What an operator may do now. Throws `FORBIDDEN` for everybody else. */
export async function operatorStanding(
  peers: Pick<Peers, 'standing'>,
  { tenant, peer }: Actor,
): Promise<{ readonly installation: boolean }> {
  const standing = await peers.standing(tenant, peer.publicKey);
  if (standing?.peer.role === 'OPERATOR') return standing;
  throw new PresageError('FORBIDDEN', 'This is for operators; sign in with the key of one.');
}
