import { afterAll, beforeAll, expect, it } from 'vitest';
import { consensusPeer } from '../../server/domain/scoring/consensus-peer.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

it('is one peer a tenant, scored and ranked like any, with no weight of its own', async () => {
  const domain = await openTestDomain(db.database);
  const ada = await makeActor(db.database, 'ada');
  const peer = await consensusPeer(db.database.pool, 'default');
  expect(await consensusPeer(db.database.pool, 'default')).toEqual(peer);
  expect(peer).toMatchObject({ name: 'consensus', role: 'READER' });
  const { uuid, serverId } = await domain.streams.create(ada, { name: 'with a consensus' });
  await domain.observations.publish(ada, [{ streamUuid: uuid, value: 1 }]);
  const base = (await domain.observations.latestOf('default', [serverId])).get(serverId);
  const item = { streamUuid: uuid, baseHash: base?.hash ?? '' };
  await domain.predictions.submit(ada, [{ ...item, value: 5 }]);
  // It writes by itself and not through the API, which takes nothing from a reader.
  await db.database.pool.query("UPDATE peers SET role = 'PEER' WHERE id = $1", [peer.id]);
  await domain.predictions.submit({ tenant: 'default', peer }, [{ ...item, value: 3 }]);
  await domain.observations.publish(ada, [{ streamUuid: uuid, value: 3 }]);
  await domain.scorer.catchUp('default');
  const request = { streamUuid: uuid, window: 10, first: 10 };
  expect(await domain.scores.leaderboard('default', request)).toMatchObject([
    { rank: 1, peer: { name: 'consensus' }, skill: 1, weight: 0, scored: 1, missed: 0 },
    { rank: 2, peer: { name: 'ada' }, skill: 0, weight: 1, meanScaledError: 1 },
  ]);
});
