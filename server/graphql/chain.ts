import type { ChainReport as ChainReportShape } from '../domain/observation/observations.ts';
import { builder } from './builder.ts';
import { streamUuid } from './ids.ts';
import { Observation } from './refs.ts';

const ChainReport = builder.objectRef<ChainReportShape>('ChainReport').implement({
  description: "What walking a stream's hash chain found.",
  fields: (t) => ({
    ok: t.exposeBoolean('ok', { description: 'Whether every link holds.' }),
    checked: t.exposeInt('checked', { description: 'Links that were checked.' }),
    head: t.exposeString('head', {
      nullable: true,
      description: 'Hash of the last good link; null for a stream without observations.',
    }),
    firstBad: t.expose('firstBad', {
      type: Observation,
      nullable: true,
      description: 'The first observation whose link does not hold; null if all do.',
    }),
  }),
});

builder.queryField('verifyChain', (t) =>
  t.field({
    type: ChainReport,
    description: "Walks a stream's hash chain from its beginning.",
    args: { stream: t.arg.id({ required: true, description: 'Uuid or id of the stream.' }) },
    complexity: 1_000,
    resolve: (_root, { stream }, { domain, tenant }) =>
      domain.observations.verifyChain(tenant, streamUuid(stream)),
  }),
);
