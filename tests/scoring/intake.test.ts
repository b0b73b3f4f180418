import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObservationDocument, PredictionEntry } from '../../schema/log-entry.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';

let db: TestDatabase;
let domain: OpenDomain;
let uuid: string;
let base: ObservationDocument;
beforeAll(async () => {
  db = await openTestDatabase();
  domain = await openTestDomain(db.database);
  const author = await makeActor(db.database, 'author');
  const stream = await domain.streams.create(author, { name: 'crowded' });
  uuid = stream.uuid;
  await domain.observations.publish(author, [{ streamUuid: uuid, value: 1 }]);
  const latest = (await domain.observations.latestOf('default', [stream.serverId])).get(stream.serverId);
  base = latest ?? expect.fail();
});
afterAll(() => db.close());

const item = (value: number, horizon = 1) => ({ streamUuid: uuid, baseHash: base.hash, value, horizon });

describe('predictions of many callers at once', () => {
  it('go into few transactions, each call answered as if it had come alone', async () => {
    const entries: PredictionEntry[] = [];
    const stop = domain.log.onCommit((_tenant, written) => {
      for (const entry of written) if (entry.topic === 'prediction') entries.push(entry);
    });
    const peers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => makeActor(db.database, `peer ${n}`)),
    );
    const reports = await Promise.all(
      peers.map((peer, n) => {
        const bad = n % 4 === 0 ? [{ ...item(1), baseHash: 'f'.repeat(64) }, item(7, 65)] : [];
        return domain.predictions.submit(peer, [...bad, item(n), item(n, 2)]);
      }),
    );
    stop();
    for (const [n, { successful, failed, errors, predictions }] of reports.entries()) {
      expect(successful).toBe(2);
      expect(failed).toBe(n % 4 === 0 ? 2 : 0);
      expect(errors.map(({ index, code }) => [index, code])).toEqual(
        n % 4 === 0
          ? [
              [0, 'UNKNOWN_BASE'],
              [1, 'BAD_HORIZON'],
            ]
          : [],
      );
      const found = await domain.predictions.find('default', predictions.at(-1) ?? expect.fail());
      expect(found).toMatchObject({ value: String(n), horizon: 2, peer: { id: peers[n]?.peer.id } });
    }
    const { rows } = await db.database.pool.query<{ transactions: number }>(
      'SELECT count(DISTINCT xmin::text)::int AS transactions FROM predictions',
    );
    expect(rows[0]?.transactions).toBeLessThan(peers.length / 2);
    const first = entries[0]?.position ?? expect.fail();
    expect(entries.map(({ position }) => position)).toEqual(entries.map((_, n) => first + n));
  });

  it('replace each other, one after another, where they are of one peer', async () => {
    const peer = await makeActor(db.database, 'hasty');
    const values = [1, 1, 2, 3, 3];
    const reports = await Promise.all(values.map((value) => domain.predictions.submit(peer, [item(value)])));
    const ids = new Set(reports.flatMap(({ predictions }) => predictions));
    expect(ids.size).toBe(1);
    const { rows } = await db.database.pool.query<{ revision: number; value: string; by: number | null }>(
      `SELECT revision, trim_scale(value)::text AS value,
              (SELECT n.revision FROM predictions n WHERE n.position = p.superseded_at) AS by
         FROM predictions p WHERE id = $1 ORDER BY revision`,
      [[...ids][0]],
    );
    const taken = reports.filter(({ successful }) => successful === 1).length;
    expect(reports.filter(({ duplicates }) => duplicates === 1)).toHaveLength(values.length - taken);
    expect(taken).toBeGreaterThanOrEqual(3);
    expect(rows.map(({ revision, by }) => [revision, by])).toEqual(
      Array.from({ length: taken }, (_, n) => [n, n + 1 < taken ? n + 1 : null]),
    );
    // What says the same as what stands is a duplicate, so neighbours differ.
    for (const [n, { value }] of rows.entries()) expect(value).not.toBe(rows[n + 1]?.value);
  });
});
