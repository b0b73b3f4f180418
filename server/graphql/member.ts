import type { PeerLimits } from '../domain/actor.ts';
import type { Member as MemberShape, PeerChange } from '../domain/tenant/tenants.ts';
import { builder } from './builder.ts';
import { connection, connectionCost, pageRequest } from './connection.ts';
import type { ApiContext } from './context.ts';
import { MAX_SERVER_ID, peerKey } from './ids.ts';
import { Peer } from './refs.ts';
import { Role } from './role.ts';

const Limits = builder.objectRef<PeerLimits>('PeerLimits').implement({
  description: 'What a peer may do, past which it is answered with `LIMITED`.',
  fields: (t) => ({
    observationsPerMinute: t.exposeInt('observationsPerMinute', {
      description: 'Observations a minute, corrections and retractions among them.',
    }),
    predictionsPerMinute: t.exposeInt('predictionsPerMinute', { description: 'Predictions a minute.' }),
    streams: t.exposeInt('streams', { description: 'Streams that it may own.' }),
  }),
});

const LimitsInput = builder.inputType('PeerLimitsInput', {
  description: "A peer's own limits. What is left out stays as it is; null gives the server's default back.",
  fields: (t) => ({
    observationsPerMinute: t.int({ description: 'Observations a minute.' }),
    predictionsPerMinute: t.int({ description: 'Predictions a minute.' }),
    streams: t.int({ description: 'Streams that it may own.' }),
  }),
});

const Member = builder.objectRef<MemberShape>('Member').implement({
  description: 'A peer as the operators of its tenant see it.',
  fields: (t) => ({
    peer: t.expose('peer', { type: Peer, description: 'The peer.' }),
    tenant: t.exposeString('tenant', { description: 'The tenant that it is a peer of.' }),
    limits: t.expose('limits', { type: Limits, description: 'What it may do.' }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is shut out; null if it is not.',
    }),
  }),
});

const MemberConnection = builder.connectionObject(
  { type: Member, name: 'MemberConnection', description: 'A page of peers, in the order they joined.' },
  { name: 'MemberEdge', description: 'A peer and its place.' },
);

builder.queryField('peers', (t) =>
  t.connection(
    {
      type: Member,
      description: 'For operators: the peers of a tenant, revoked ones too, in the order they joined.',
      args: { tenant: t.arg.string({ description: "The tenant; the caller's own by default." }) },
      complexity: connectionCost,
      resolve: async (_root, { tenant, ...page }, { domain, actor }) => {
        const place = tenant ?? actor.tenant;
        const request = pageRequest(place, page, MAX_SERVER_ID);
        return connection(place, await domain.tenants.members(actor, tenant ?? null, request));
      },
    },
    MemberConnection,
  ),
);

builder.mutationFields((t) => {
  const target = () => ({
    peer: t.arg.id({ required: true, description: 'The peer: its public key or id.' }),
    tenant: t.arg.string({ description: "The tenant; the caller's own by default." }),
  });
  const change = (
    { peer, tenant }: { peer: string; tenant?: string | null | undefined },
    { domain, actor }: ApiContext,
    what: PeerChange,
  ) => domain.tenants.change(actor, tenant ?? null, peerKey(peer), what);
  return {
    renamePeer: t.field({
      type: Member,
      description: 'For operators: names a peer.',
      args: {
        ...target(),
        name: t.arg.string({ description: 'At most 200 characters; none takes the name away.' }),
      },
      resolve: (_root, { name, ...given }, context) =>
        change(given, context, { kind: 'name', name: name ?? null }),
    }),
    setPeerRole: t.field({
      type: Member,
      description: 'For operators: gives a peer another role, at once.',
      args: { ...target(), role: t.arg({ type: Role, required: true, description: 'The role.' }) },
      resolve: (_root, { role, ...given }, context) => change(given, context, { kind: 'role', role }),
    }),
    setPeerLimits: t.field({
      type: Member,
      description: 'For operators: gives a peer limits of its own, at once.',
      args: {
        ...target(),
        limits: t.arg({ type: LimitsInput, required: true, description: 'The limits.' }),
      },
      resolve: (_root, { limits, ...given }, context) =>
        change(given, context, { kind: 'limits', limits: defined(limits) }),
    }),
    revokePeer: t.field({
      type: Member,
      description: 'For operators: shuts a peer out. Its tokens stop working and its sockets close at once.',
      args: target(),
      resolve: (_root, given, context) => change(given, context, { kind: 'revoke' }),
    }),
    restorePeer: t.field({
      type: Member,
      description: 'For operators: lets a revoked peer sign in again.',
      args: target(),
      resolve: (_root, given, context) => change(given, context, { kind: 'restore' }),
    }),
  };
});

/** The limits that are given: null is a value, absent is none. */
function defined(limits: { readonly [L in keyof PeerLimits]?: number | null | undefined }) {
  return {
    ...(limits.observationsPerMinute === undefined
      ? {}
      : { observationsPerMinute: limits.observationsPerMinute }),
    ...(limits.predictionsPerMinute === undefined
      ? {}
      : { predictionsPerMinute: limits.predictionsPerMinute }),
    ...(limits.streams === undefined ? {} : { streams: limits.streams }),
  };
}
