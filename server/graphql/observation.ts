import { fromWhere } from '../../schema/filter/from-where.ts';
import type { ObservationDocument } from '../../schema/log-entry.ts';
import { observationId } from '../../schema/node-id.ts';
import { builder } from './builder.ts';
import { carried } from './carried.ts';
import { connection, connectionCost, listCost, pageRequest, pageSize } from './connection.ts';
import { observationOf } from './ids.ts';
import { Observation, Stream } from './refs.ts';
import { ObservationWhere, StreamWhere } from './where.ts';

builder.node(Observation, {
  description:
    'A value that a stream had at a time. A correction is a new revision of it, a retraction a tombstone.',
  id: {
    resolve: ({ stream, observedAt }) => `${stream.serverId}.${observedAt}`,
    ...carried(({ stream, observedAt }: ObservationDocument) => observationId(stream.serverId, observedAt)),
  },
  loadOne: async (local, { domain, tenant }) => {
    const ref = observationOf(local);
    return ref ? ((await domain.observations.find(tenant, ref)) ?? null) : null;
  },
  fields: (t) => ({
    position: t.expose('position', { type: 'Position', description: 'Its place in the log.' }),
    cursor: t.field({
      type: 'Cursor',
      description: 'The same as a cursor: subscribe `after` it to get everything since.',
      resolve: ({ position }, _args, { domain, viewer }) => domain.log.cursor(viewer.tenant, position),
      ...carried(({ position }: ObservationDocument, { cursor }) => cursor(position)),
    }),
    stream: t.expose('stream', { type: Stream, description: 'The stream it is on.' }),
    value: t.expose('value', { type: 'Decimal', description: 'The value, exactly.' }),
    observedAt: t.expose('observedAt', { type: 'DateTime', description: 'When it was observed.' }),
    ts: t.expose('ts', { type: 'DateTime', description: 'When the server committed it.' }),
    hash: t.exposeString('hash', { description: "Its link of the stream's hash chain, lower-case hex." }),
    provider: t.exposeString('provider', { description: 'Where it came from.' }),
    revision: t.exposeInt('revision', { description: '0, then one more per correction.' }),
    retracted: t.exposeBoolean('retracted', {
      description: 'True of a retraction, which `DELETE` events of the log show with the value it retracts.',
    }),
  }),
});

const ObservationConnection = builder.connectionObject(
  { type: Observation, name: 'ObservationConnection', description: 'A page of observations, in log order.' },
  { name: 'ObservationEdge', description: 'An observation and its place.' },
);

builder.objectField(Stream, 'observations', (t) =>
  t.connection(
    {
      type: Observation,
      description: 'Its observations, in log order.',
      args: { where: t.arg({ type: ObservationWhere, description: 'Only observations that match.' }) },
      complexity: connectionCost,
      resolve: async ({ uuid }, { where, ...page }, { domain, tenant }) => {
        const filter = fromWhere('observation', {
          and: [{ stream: { uuid: { eq: uuid } } }, ...(where ? [where] : [])],
        });
        return connection(tenant, await domain.observations.list(tenant, filter, pageRequest(tenant, page)));
      },
    },
    ObservationConnection,
  ),
);

builder.queryFields((t) => ({
  observations: t.connection(
    {
      type: Observation,
      description: 'Present revisions of observations, in log order; `last` gives the newest.',
      args: { where: t.arg({ type: ObservationWhere, description: 'Only observations that match.' }) },
      complexity: connectionCost,
      resolve: async (_root, { where, ...page }, { domain, tenant }) =>
        connection(
          tenant,
          await domain.observations.list(tenant, fromWhere('observation', where), pageRequest(tenant, page)),
        ),
    },
    ObservationConnection,
  ),
  latestObservations: t.field({
    type: [Observation],
    description: 'The newest observation of each stream, newest first.',
    args: {
      where: t.arg({ type: StreamWhere, description: 'Only streams that match.' }),
      limit: t.arg.int({ defaultValue: 100, description: 'How many streams at most: 1 to 1,000.' }),
    },
    complexity: ({ limit }) => ({ multiplier: listCost(limit ?? 100) }),
    resolve: (_root, { where, limit }, { domain, tenant }) =>
      domain.observations.latest(tenant, fromWhere('stream', where), pageSize('limit', limit ?? 100)),
  }),
  logHead: t.field({
    type: 'Cursor',
    description: 'The newest place in the log: subscribe `after` it to miss nothing from now on.',
    resolve: async (_root, _args, { domain, tenant }) =>
      domain.log.cursor(tenant, await domain.log.head(tenant)),
  }),
}));
