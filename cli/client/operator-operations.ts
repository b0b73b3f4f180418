import { z } from 'zod';
import { operation } from './operation.ts';

/** The documents that operators' commands send. */

const TENANT = z.object({ name: z.string(), createdAt: z.string() });

export const listTenants = operation<object>()(
  'query ListTenants { tenants { name createdAt } }',
  z.object({ tenants: z.array(TENANT) }),
);

export const createTenant = operation<{ name: string }>()(
  'mutation CreateTenant($name: String!) { createTenant(name: $name) { name createdAt } }',
  z.object({ createTenant: TENANT }),
);

const JOIN_CODE = z.object({
  id: z.string(),
  label: z.string().nullable(),
  role: z.string(),
  maxUses: z.number().nullable(),
  uses: z.number(),
  expiresAt: z.string(),
  revokedAt: z.string().nullable(),
});
const JOIN_CODE_FIELDS = 'id label role maxUses uses expiresAt revokedAt';

export const listJoinCodes = operation<object>()(
  `query ListJoinCodes { joinCodes { ${JOIN_CODE_FIELDS} } }`,
  z.object({ joinCodes: z.array(JOIN_CODE) }),
);

export interface CreateJoinCodeInput {
  readonly role: string;
  readonly label?: string;
  readonly maxUses?: number;
  readonly expiresInSeconds?: number;
}

export const createJoinCode = operation<{ input: CreateJoinCodeInput }>()(
  `mutation CreateJoinCode($input: CreateJoinCodeInput!) {
    createJoinCode(input: $input) { code joinCode { ${JOIN_CODE_FIELDS} } }
  }`,
  z.object({ createJoinCode: z.object({ code: z.string(), joinCode: JOIN_CODE }) }),
);

export const revokeJoinCode = operation<{ id: string }>()(
  `mutation RevokeJoinCode($id: ID!) { revokeJoinCode(id: $id) { ${JOIN_CODE_FIELDS} } }`,
  z.object({ revokeJoinCode: JOIN_CODE }),
);

const MEMBER = z.object({
  tenant: z.string(),
  revokedAt: z.string().nullable(),
  limits: z.object({
    observationsPerMinute: z.number(),
    predictionsPerMinute: z.number(),
    streams: z.number(),
  }),
  peer: z.object({
    publicKey: z.string(),
    name: z.string().nullable(),
    role: z.string(),
    createdAt: z.string(),
  }),
});
/** A peer as operators see it. */
export type ShownMember = z.output<typeof MEMBER>;
const MEMBER_FIELDS =
  'tenant revokedAt limits { observationsPerMinute predictionsPerMinute streams } peer { publicKey name role createdAt }';

export const listPeers = operation<{ first: number; after: string | null }>()(
  `query ListPeers($first: Int, $after: String) {
    peers(first: $first, after: $after) { edges { node { ${MEMBER_FIELDS} } } pageInfo { hasNextPage endCursor } }
  }`,
  z.object({
    peers: z.object({
      edges: z.array(z.object({ node: MEMBER })),
      pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
    }),
  }),
);

const CHANGED = z.object({ member: MEMBER });

export const revokePeer = operation<{ peer: string }>()(
  `mutation RevokePeer($peer: ID!) { member: revokePeer(peer: $peer) { ${MEMBER_FIELDS} } }`,
  CHANGED,
);
export const restorePeer = operation<{ peer: string }>()(
  `mutation RestorePeer($peer: ID!) { member: restorePeer(peer: $peer) { ${MEMBER_FIELDS} } }`,
  CHANGED,
);
export const renamePeer = operation<{ peer: string; name: string }>()(
  `mutation RenamePeer($peer: ID!, $name: String) { member: renamePeer(peer: $peer, name: $name) { ${MEMBER_FIELDS} } }`,
  CHANGED,
);
export const setPeerRole = operation<{ peer: string; role: string }>()(
  `mutation SetPeerRole($peer: ID!, $role: Role!) { member: setPeerRole(peer: $peer, role: $role) { ${MEMBER_FIELDS} } }`,
  CHANGED,
);
export const setPeerLimits = operation<{ peer: string; limits: Readonly<Record<string, number | null>> }>()(
  `mutation SetPeerLimits($peer: ID!, $limits: PeerLimitsInput!) {
    member: setPeerLimits(peer: $peer, limits: $limits) { ${MEMBER_FIELDS} }
  }`,
  CHANGED,
);
