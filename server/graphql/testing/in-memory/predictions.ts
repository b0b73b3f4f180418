import { parseDecimal } from '../../../../schema/decimal.ts';
import type { Domain } from '../../../domain/domain.ts';
import { matches } from '../match.ts';
import { pageOf } from './page.ts';
import { hasValue, type MemoryStore } from './store.ts';

export function memoryPredictions(store: MemoryStore): Domain['predictions'] {
  return {
    submit: async ({ peer }, items) => {
      const predictions = items.map(({ baseHash, value, horizon }) => {
        const base = store.observations.find(({ hash }) => hash === baseHash);
        const exact = parseDecimal(value);
        if (!base || exact === undefined) return null;
        const id = ++store.position;
        store.predictions.push({
          id,
          position: id,
          stream: base.stream,
          peer,
          base,
          horizon: horizon ?? 1,
          value: exact,
          quantiles: [],
          submittedAt: 0,
          revision: 0,
        });
        return id;
      });
      const errors = predictions.flatMap((id, index) =>
        id === null ? [{ index, code: 'UNKNOWN_BASE' as const, message: 'There is no such base.' }] : [],
      );
      const failed = errors.length;
      return { successful: items.length - failed, duplicates: 0, failed, predictions, errors };
    },
    find: async (_tenant, id) => store.predictions.find((prediction) => prediction.id === id),
    list: async (_tenant, filter, page) =>
      pageOf(
        store.predictions.filter((one) => matches(filter, one)),
        ({ position }) => position,
        page,
      ),
  };
}

export function memoryScores(store: MemoryStore): Domain['scores'] {
  return {
    ofPredictions: async (_tenant, ids) => {
      store.calls.push('ofPredictions');
      return new Map(ids.flatMap((id) => [[id, store.scores.get(id)] as const].filter(hasValue)));
    },
    leaderboard: async (_tenant, { window }) => [
      {
        ...{ rank: 1, peer: store.alice, skill: 0.5, shrunkSkill: 0.25, meanScaledError: 0.8 },
        ...{ scored: window, missed: 0, weight: 1 },
      },
    ],
  };
}

export function memoryConsensus(store: MemoryStore): Domain['consensus'] {
  return {
    of: async (_tenant, streams) => {
      store.calls.push('consensus');
      const wanted = store.consensus.filter(({ stream }) => streams.includes(stream.serverId));
      return new Map(wanted.map((one) => [one.stream.serverId, one]));
    },
  };
}
