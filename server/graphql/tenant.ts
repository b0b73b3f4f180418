import type { TenantDocument } from '../domain/tenant/tenants.ts';
import { builder } from './builder.ts';

const Tenant = builder.objectRef<TenantDocument>('Tenant').implement({
  description: 'The wall between groups of peers and streams.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
  }),
});

builder.queryField('tenants', (t) =>
  t.field({
    type: [Tenant],
    description: 'For operators: the tenants that the caller may act in, by name.',
    resolve: (_root, _args, { domain, actor }) => domain.tenants.list(actor),
  }),
);

builder.mutationField('createTenant', (t) =>
  t.field({
    type: Tenant,
    description: 'For operators of the installation: a new tenant. `CONFLICT` if the name is taken.',
    args: {
      name: t.arg.string({
        required: true,
        description: '1 to 63 lower-case letters, digits and hyphens.',
      }),
    },
    resolve: (_root, { name }, { domain, actor }) => domain.tenants.create(actor, name),
  }),
);
