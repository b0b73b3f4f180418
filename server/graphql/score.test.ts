import { afterEach, beforeEach, expect, it } from 'vitest';
import { at, listAt } from './testing/reading.ts';
import { type ServedApi, serveApi } from './testing/serve.ts';

let api: ServedApi;
beforeEach(async () => {
  api = await serveApi();
});
afterEach(() => api.close());

async function predicted(count: number): Promise<void> {
  const { domain } = api;
  const { uuid } = await domain.streams.create(domain.store.actor, { name: 'scored' });
  await domain.observations.publish(domain.store.actor, [{ streamUuid: uuid, value: 1 }]);
  const [base] = domain.store.observations;
  const items = Array.from({ length: count }, (_, value) => ({
    ...{ streamUuid: uuid, baseHash: base?.hash ?? '', value },
  }));
  await domain.predictions.submit(domain.store.actor, items);
}

it('shows what became of predictions, with one call for all of them', async () => {
  await predicted(10);
  const { domain } = api;
  const [prediction] = domain.store.predictions;
  const [target] = domain.store.observations;
  if (!prediction || !target) throw new Error('there is no prediction');
  domain.store.scores.set(prediction.id, {
    ...{
      predictionId: prediction.id,
      position: 99,
      stream: target.stream,
      peer: domain.store.alice,
      horizon: 1,
    },
    ...{ target, absoluteError: '0.10', naiveError: '0.2', scaledError: 0.5, crps: null, scoredAt: 0 },
    revision: 0,
  });
  domain.store.calls.length = 0;
  const { data, errors } = await api.query(
    '{ predictions { edges { node { value score { target { value } absoluteError naiveError scaledError crps scoredAt } } } } }',
  );
  expect(errors).toBeUndefined();
  const scores = listAt(data, 'predictions.edges').map((edge) => at(edge, 'node.score'));
  expect(scores[0]).toMatchObject({
    absoluteError: '0.10',
    scaledError: 0.5,
    crps: null,
    target: { value: '1' },
  });
  expect(scores.slice(1)).toEqual(Array(9).fill(null));
  expect(domain.store.calls.filter((call) => call === 'ofPredictions')).toHaveLength(1);
});

it('ranks peers', async () => {
  const { data, errors } = await api.query(
    '{ leaderboard(window: 7) { rank peer { name } skill shrunkSkill meanScaledError scored missed weight } }',
  );
  expect(errors).toBeUndefined();
  expect(at(data, 'leaderboard')).toEqual([
    {
      ...{ rank: 1, peer: { name: 'alice' }, skill: 0.5, shrunkSkill: 0.25, meanScaledError: 0.8 },
      ...{ scored: 7, missed: 0, weight: 1 },
    },
  ]);
});

it('archives a stream by its id', async () => {
  await predicted(1);
  const [stream] = api.domain.store.streams;
  const archive = 'mutation ($id: ID!) { archiveStream(id: $id) { archivedAt } }';
  const { data } = await api.query(archive, { id: stream?.uuid });
  expect(at(data, 'archiveStream.archivedAt')).toBe('2023-11-14T22:13:20.000Z');
  const refused = await api.query(archive, { id: 'x' });
  expect(refused.errors?.[0]).toMatchObject({ extensions: { code: 'BAD_INPUT' } });
  const anonymous = await api.query(archive, { id: stream?.uuid }, null);
  expect(anonymous.errors?.[0]).toMatchObject({ extensions: { code: 'UNAUTHENTICATED' } });
});
