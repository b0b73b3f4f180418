import { condition } from '../../schema/filter/condition.ts';
import { allOf } from '../../schema/filter/form.ts';
import type { PredictionDocument } from '../../schema/log-entry.ts';
import { encodeNodeId } from '../../schema/node-id.ts';
import { builder } from './builder.ts';
import { carried } from './carried.ts';
import { connection, connectionCost, pageRequest } from './connection.ts';
import { peerKey, streamUuid } from './ids.ts';
import { Observation, Peer, Prediction, Quantile, Stream } from './refs.ts';

Quantile.implement({
  description: 'A value that the target is below with some probability.',
  fields: (t) => ({
    level: t.exposeFloat('level', { description: 'That probability: between 0 and 1.' }),
    value: t.expose('value', { type: 'Decimal', description: 'The value.' }),
  }),
});

builder.node(Prediction, {
  description: "A peer's value for the observation `horizon` steps after the base.",
  id: {
    resolve: ({ id }) => String(id),
    ...carried(({ id }: PredictionDocument) => encodeNodeId('Prediction', id)),
  },
  loadOne: async (local, { domain, tenant }) => {
    const id = Number(local);
    if (!/^\d+$/.test(local) || !Number.isSafeInteger(id)) return null;
    return (await domain.predictions.find(tenant, id)) ?? null;
  },
  fields: (t) => ({
    stream: t.expose('stream', { type: Stream, description: 'The stream it is about.' }),
    peer: t.expose('peer', { type: Peer, description: 'Who predicts.' }),
    base: t.expose('base', { type: Observation, description: 'The observation it was made from.' }),
    horizon: t.exposeInt('horizon', { description: 'Steps after the base: 1 is the next observation.' }),
    value: t.expose('value', { type: 'Decimal', description: 'The predicted value.' }),
    quantiles: t.field({
      type: [Quantile],
      description: 'How sure the peer is, by ascending level; empty if it did not say.',
      resolve: ({ quantiles }) => quantiles,
      ...carried(({ quantiles }: PredictionDocument) => quantiles),
    }),
    submittedAt: t.expose('submittedAt', { type: 'DateTime', description: 'When the server had it.' }),
  }),
});

const PredictionConnection = builder.connectionObject(
  { type: Prediction, name: 'PredictionConnection', description: 'A page of predictions, in log order.' },
  { name: 'PredictionEdge', description: 'A prediction and its place.' },
);

builder.queryField('predictions', (t) =>
  t.connection(
    {
      type: Prediction,
      description: 'Present revisions of predictions, in log order; `last` gives the newest.',
      args: {
        stream: t.arg.id({ description: 'Only about this stream: its uuid or id.' }),
        peer: t.arg.id({ description: 'Only by this peer: its public key or id.' }),
      },
      complexity: connectionCost,
      resolve: async (_root, { stream, peer, ...page }, { domain, tenant }) => {
        const filter = allOf([
          ...(stream == null ? [] : [condition('prediction', 'stream.uuid', 'eq', streamUuid(stream))]),
          ...(peer == null ? [] : [condition('prediction', 'peer.publicKey', 'eq', peerKey(peer))]),
        ]);
        return connection(tenant, await domain.predictions.list(tenant, filter, pageRequest(tenant, page)));
      },
    },
    PredictionConnection,
  ),
);
