import type { PeerDocument } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { Actor, PeerLimits } from '../actor.ts';
import type { Page, PageRequest } from '../page.ts';

export interface TenantDocument {
  readonly name: string;
  readonly createdAt: EpochMs;
}

/** A peer as the operators of its tenant see it. */
export interface Member {
  readonly tenant: string;
  readonly peer: PeerDocument;
  readonly revokedAt: EpochMs | null;
  readonly limits: PeerLimits;
}

export interface NewJoinCode {
  readonly label?: string | null | undefined;
  readonly role: PeerDocument['role'];
  /** Null: as many as come. */
  readonly maxUses?: number | null | undefined;
  readonly expiresInSeconds: number;
}

/** A join code without the code, which nobody can read again. */
export interface JoinCodeDocument {
  readonly id: string;
  readonly label: string | null;
  readonly role: PeerDocument['role'];
  readonly maxUses: number | null;
  readonly uses: number;
  readonly expiresAt: EpochMs;
  readonly createdAt: EpochMs;
  readonly revokedAt: EpochMs | null;
}

/** What an operator changes of a peer. Limits that are null become the server's defaults. */
export type PeerChange =
  | { readonly kind: 'name'; readonly name: string | null }
  | { readonly kind: 'role'; readonly role: PeerDocument['role'] }
  | { readonly kind: 'limits'; readonly limits: { readonly [L in keyof PeerLimits]?: number | null } }
  | { readonly kind: 'revoke' }
  | { readonly kind: 'restore' };

/**
 * What operators do. `tenant` names the one it is done in, by default the operator's own. Operators of the
 * installation act in all of them, operators of a tenant in theirs: every other is `NOT_FOUND`, whether it is there or
 * not. Everybody else is `FORBIDDEN`.
 */
export interface Tenants {
  /** For operators of the installation. Throws `CONFLICT` if there is one of that name, `BAD_INPUT`. */
  create(actor: Actor, name: string): Promise<TenantDocument>;
  /** Those that the operator may act in, by name. */
  list(actor: Actor): Promise<readonly TenantDocument[]>;
  /** The code is in the answer and nowhere else. Throws `BAD_INPUT`. */
  createJoinCode(
    actor: Actor,
    tenant: string | null,
    input: NewJoinCode,
  ): Promise<{ code: string; joinCode: JoinCodeDocument }>;
  /** Newest first. */
  joinCodes(actor: Actor, tenant: string | null): Promise<readonly JoinCodeDocument[]>;
  /** Throws `NOT_FOUND`. Revoking again changes nothing. */
  revokeJoinCode(actor: Actor, tenant: string | null, id: string): Promise<JoinCodeDocument>;
  /** Peers of a tenant in the order in which they joined, which is the page's position. */
  members(actor: Actor, tenant: string | null, page: PageRequest): Promise<Page<Member>>;
  /** Throws `NOT_FOUND`, `CONFLICT` for what would lock operators out, `BAD_INPUT`. */
  change(actor: Actor, tenant: string | null, publicKey: string, change: PeerChange): Promise<Member>;
}
