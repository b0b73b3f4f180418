import type { ConsensusDocument } from '../../schema/log-entry.ts';
import { builder } from './builder.ts';
import { carried } from './carried.ts';
import { Consensus, Observation, Quantile, Stream } from './refs.ts';

Consensus.implement({
  description:
    "The network's forecast of a stream's next observation: what its peers predict, weighted by how they did lately.",
  fields: (t) => ({
    stream: t.expose('stream', { type: Stream, description: 'The stream it is about.' }),
    base: t.expose('base', {
      type: Observation,
      description: 'The observation before the one it is about. With a newer one on the stream it is final.',
    }),
    value: t.expose('value', { type: 'Decimal', description: 'The forecast value.' }),
    quantiles: t.field({
      type: [Quantile],
      description: 'How sure the network is, by ascending level; empty if no peer says how sure it is.',
      resolve: ({ quantiles }) => quantiles,
      ...carried(({ quantiles }: ConsensusDocument) => quantiles),
    }),
    contributors: t.exposeInt('contributors', {
      description: 'Peers whose predictions it is made of.',
    }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
  }),
});

builder.objectField(Stream, 'consensus', (t) =>
  t.field({
    type: Consensus,
    nullable: true,
    description:
      'The newest forecast of its next observation; null until a peer has predicted one. Its base says what it follows.',
    resolve: ({ serverId }, _args, { consensus }) => consensus.load(serverId),
  }),
);
