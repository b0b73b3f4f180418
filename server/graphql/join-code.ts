import type { JoinCodeDocument } from '../domain/tenant/tenants.ts';
import { builder } from './builder.ts';
import { Role } from './role.ts';

/** How long a code is good for if nothing else is said: a week. */
const WEEK_SECONDS = 7 * 86_400;

const JoinCode = builder.objectRef<JoinCodeDocument>('JoinCode').implement({
  description: 'What lets keys into a tenant, without the code itself.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Names it to `revokeJoinCode`.' }),
    label: t.exposeString('label', { nullable: true, description: 'Whom or what it is for.' }),
    role: t.expose('role', { type: Role, description: 'The role that it gives.' }),
    maxUses: t.exposeInt('maxUses', {
      nullable: true,
      description: 'How many keys it lets in; null for any number.',
    }),
    uses: t.exposeInt('uses', { description: 'How many it has let in.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'Until when it is good.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it lets nobody in; null if it was not revoked.',
    }),
  }),
});

const NewJoinCode = builder
  .objectRef<{ readonly code: string; readonly joinCode: JoinCodeDocument }>('NewJoinCode')
  .implement({
    description: 'A join code that was just made.',
    fields: (t) => ({
      code: t.exposeString('code', {
        description: 'The code, to be given to `authenticate`. It is shown here and never again.',
      }),
      joinCode: t.expose('joinCode', { type: JoinCode, description: 'What is known of it later.' }),
    }),
  });

const CreateJoinCodeInput = builder.inputType('CreateJoinCodeInput', {
  description: 'A join code to make.',
  fields: (t) => ({
    tenant: t.string({ description: "The tenant that it lets into; the caller's own by default." }),
    label: t.string({ description: 'Whom or what it is for: at most 200 characters.' }),
    role: t.field({ type: Role, defaultValue: 'PEER', description: 'The role that it gives.' }),
    maxUses: t.int({ description: 'How many keys it lets in; any number by default.' }),
    expiresInSeconds: t.int({
      defaultValue: WEEK_SECONDS,
      description: 'How long it is good for: a week by default, 366 days at most.',
    }),
  }),
});

builder.queryField('joinCodes', (t) =>
  t.field({
    type: [JoinCode],
    description: 'For operators: the join codes of a tenant, newest first.',
    args: { tenant: t.arg.string({ description: "The tenant; the caller's own by default." }) },
    resolve: (_root, { tenant }, { domain, actor }) => domain.tenants.joinCodes(actor, tenant ?? null),
  }),
);

builder.mutationFields((t) => ({
  createJoinCode: t.field({
    type: NewJoinCode,
    description: 'For operators: makes a code that lets keys into a tenant.',
    args: { input: t.arg({ type: CreateJoinCodeInput, required: true, description: 'The code.' }) },
    resolve: (_root, { input: { tenant, role, expiresInSeconds, ...input } }, { domain, actor }) =>
      domain.tenants.createJoinCode(actor, tenant ?? null, {
        ...input,
        role: role ?? 'PEER',
        expiresInSeconds: expiresInSeconds ?? WEEK_SECONDS,
      }),
  }),
  revokeJoinCode: t.field({
    type: JoinCode,
    description: 'For operators: makes a code useless. Peers that came in by it stay.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the code.' }),
      tenant: t.arg.string({ description: "The tenant; the caller's own by default." }),
    },
    resolve: (_root, { id, tenant }, { domain, actor }) =>
      domain.tenants.revokeJoinCode(actor, tenant ?? null, id),
  }),
}));
