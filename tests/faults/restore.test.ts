import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeCursor } from '../../schema/cursor.ts';
import { LOG_POSITIONS } from '../support/log-positions.ts';
import { Publisher } from '../support/publisher.ts';
import { findRedis } from '../support/redis.ts';
import { ClusterUnderLoad, HEALED } from './support/cluster-under-load.ts';
import { form } from './support/form.ts';
import { Truth } from './support/truth.ts';
import { EXACT, settle, verify } from './support/verify.ts';

const executable = findRedis();
const CLIENTS = form(30, 200);

/** Postgres is replaced by an earlier state of itself, under load, beneath processes and a Redis that go on. */
describe.skipIf(!executable)('a database that is put back', () => {
  let load: ClusterUnderLoad;

  beforeAll(async () => {
    load = await ClusterUnderLoad.open(executable ?? '');
  }, 120_000);
  afterAll(() => load?.close());

  it('nobody is told anything of it where nothing was lost', async () => {
    await load.allHealthy();
    await load.begin(CLIENTS);
    await load.newsArrives();
    await load.cluster.restartPostgres();
    await load.newsArrives();
    expect(load.clients.flatMap(({ refusals }) => refusals)).not.toContain('LOG_TRUNCATED');
    expect(begunAnew()).toEqual([]);
  });

  it('processes begin anew, and whoever has what is lost is told up to where it has not', async () => {
    const putBack = await load.cluster.backUpPostgres();
    await load.newsArrives();
    await load.newsArrives();
    await putBack();
    await load.newsArrives();
    await expect.poll(() => begunAnew().length, HEALED).toBeGreaterThan(0);
    await load.allHealthy();
    await load.newsArrives();
    const told = load.clients.filter(({ refusals }) => refusals.includes('LOG_TRUNCATED'));
    expect(told.length).toBeGreaterThan(0);
  });

  it('everybody has what is there, and nothing else', async () => {
    await load.stopWriting();
    const truth = new Truth(load.cluster.database);
    await settle(truth, load.clients, 30_000);
    const verdict = await verify(truth, load.clients);
    expect(verdict).toMatchObject(EXACT);
    process.stdout.write(`${verdict.clients} clients, ${verdict.delivered} events\n`);
  });

  it('positions are contiguous and chains whole', async () => {
    const { rows } = await load.cluster.database.pool.query<{ positions: number; head: number }>(
      `SELECT count(*)::int AS positions, (SELECT position::int FROM log_heads WHERE tenant = 'default') AS head
         FROM (SELECT DISTINCT position FROM ${LOG_POSITIONS}) AS written`,
    );
    expect(rows[0]?.positions).toBe(rows[0]?.head);
    const api = new Publisher(load.apis[0]?.url ?? '');
    for (const uuid of load.writer.uuids) {
      const { verifyChain } = await api.ask('query ($uuid: ID!) { verifyChain(stream: $uuid) { ok } }', {
        uuid,
      });
      expect(verifyChain).toEqual({ ok: true });
    }
  });

  it('a cursor of a branch that is gone is refused at any position, one of before is not', async () => {
    const { rows } = await load.cluster.database.pool.query<{ timeline: string; starts_after: string }>(
      'SELECT timeline, starts_after FROM log_timelines ORDER BY number',
    );
    expect(rows.length).toBeGreaterThan(2);
    const api = new Publisher(load.apis[1]?.url ?? '');
    const since = (after: string) =>
      api.ask('query ($after: Cursor) { streamsSince(after: $after, first: 1) { cursor } }', { after });
    await expect(since(encodeCursor('default', 5, 'deadbeef'))).rejects.toThrow('LOG_TRUNCATED');
    const [first, second] = rows;
    const end = Number(second?.starts_after);
    await since(encodeCursor('default', end, first?.timeline));
    await expect(since(encodeCursor('default', end + 1, first?.timeline))).rejects.toThrow('LOG_TRUNCATED');
    // One that programs have made up of a position, and those from before there were timelines.
    await since(encodeCursor('default', end + 1));
  });

  function begunAnew(): readonly string[] {
    const all = [...load.apis, ...load.gateways, ...load.streamers];
    return all.flatMap(({ presage }) => presage.output.match(/It begins anew/g) ?? []);
  }
});
