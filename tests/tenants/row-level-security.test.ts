import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Actor } from '../../server/domain/actor.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';
import { createTenant } from '../../server/domain/tenant/create-tenant.ts';
import { type Database, openDatabase } from '../../server/storage/database.ts';
import { settingsOf } from '../../server/storage/database-url.ts';
import { beginSession } from '../../server/storage/session.ts';
import type { TenantConnections } from '../../server/storage/tenant-connections.ts';
import { allPages } from '../support/all-pages.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';

/** Tables that belong to the installation: the role of tenants can't touch them at all. */
const SYSTEM = [
  '_prisma_migrations',
  'join_codes',
  'refresh_tokens',
  'server_facts',
  'tenants',
  'used_challenges',
];

let db: TestDatabase;
let domain: OpenDomain;
const actors: Record<string, Actor> = {};

beforeAll(async () => {
  db = await openTestDatabase();
  domain = await openTestDomain(db.database);
  for (const tenant of ['east', 'west']) {
    await createTenant(db.database, tenant);
    const actor = await makeActor(db.database, `${tenant} peer`, tenant);
    actors[tenant] = actor;
    const { uuid } = await domain.streams.create(actor, { name: `of ${tenant}` });
    await domain.observations.publish(actor, [{ streamUuid: uuid, value: 1 }]);
    const filter = { kind: 'and', of: [] } as const;
    const { items } = await domain.observations.list(tenant, filter, { limit: 1, backward: false });
    const baseHash = items[0]?.node.hash ?? '';
    const report = await domain.predictions.submit(actor, [{ streamUuid: uuid, value: 2, baseHash }]);
    expect(report.successful).toBe(1);
  }
  // Something of every table: the consensus of those predictions, and their scores once the target has come.
  const rowsOf = async (table: string) =>
    (await db.database.pool.query(`SELECT DISTINCT tenant FROM ${table}`)).rows.length;
  for (const task of domain.background) task.start();
  await vi.waitFor(async () => expect(await rowsOf('consensus')).toBe(2), 10_000);
  for (const actor of Object.values(actors)) {
    await domain.observations.publish(actor, [{ streamName: `of ${actor.tenant}`, value: 3 }]);
  }
  await vi.waitFor(async () => expect(await rowsOf('tallies')).toBe(2), 10_000);
  await Promise.all(domain.background.map((task) => task.stop()));
  for (const actor of Object.values(actors)) await collect(actor);
});
afterAll(() => db.close());

/** Something of every table of the lineage. */
async function collect({ tenant, peer }: Actor): Promise<void> {
  const { record } = domain;
  const stream = await domain.streams.find(tenant, { name: `of ${tenant}` });
  const streamServerId = stream?.serverId ?? 0;
  const ids: number[] = [];
  for (const name of ['a', 'b']) {
    const registration = await record.register(tenant, {
      ...{ name, version: '1', host: name, port: 1, storagePath: '/', environment: 'test', standby: false },
      clientId: peer.publicKey,
    });
    ids.push(registration.instanceId);
    await record.offer(registration, [{ streamServerId, source: 'x' }]);
    const streams = [{ streamServerId, symbol: null, kinds: [] }];
    await record.openSession(registration, { source: 'x', config: null, streams });
  }
  await db.database.pool.query(
    `WITH h AS (
       INSERT INTO handoffs (id, tenant, source_id, target_id, strategy, streams, state, step_timeout_ms, window_ms,
                             started_at, step_since)
       VALUES (gen_random_uuid(), $1, $2, $3, 'ROLLING', '{}', 'preparing', 1, 1, now(), now()) RETURNING *
     ), m AS (
       INSERT INTO migration_events (tenant, handoff_id, type, step, source_id, target_id, strategy, started_at)
       SELECT $1, h.id, 'PREPARATION', h.state, $2, $3, 'ROLLING', now() FROM h
     ), g AS (
       INSERT INTO lineage_gaps (tenant, stream_id, kind, started_at) VALUES ($1, $4, 'DATA', now())
     )
     INSERT INTO lineage_alerts (tenant, position, document, created_at) VALUES ($1, 1, '{}', now())`,
    [tenant, ids[0], ids[1], streamServerId],
  );
}

async function tables(): Promise<{ name: string; walled: boolean; granted: boolean; policies: number }[]> {
  const { rows } = await db.database.pool.query(
    `SELECT c.relname AS name, c.relrowsecurity AS walled,
            has_any_column_privilege('presage_tenant', c.oid, 'SELECT, INSERT, UPDATE')
              OR has_table_privilege('presage_tenant', c.oid, 'DELETE, TRUNCATE') AS granted,
            (SELECT count(*)::int FROM pg_policy p WHERE p.polrelid = c.oid) AS policies
       FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1`,
  );
  return rows;
}

describe('the second wall', () => {
  it('stands around every table: one that is added must be behind it, or out of the role’s reach', async () => {
    for (const table of await tables()) {
      const isSystem = SYSTEM.includes(table.name);
      expect(table).toMatchObject({
        walled: !isSystem,
        granted: !isSystem,
        policies: isSystem ? 0 : 1,
      });
    }
  });

  it('shows a tenant its own rows only, of every table, to a statement without a filter', async () => {
    for (const { name, walled } of await tables()) {
      if (!walled) continue;
      const all = await db.database.pool.query(`SELECT tenant FROM ${name}`);
      expect(new Set(all.rows.map(({ tenant }) => tenant)), name).toContain('west');
      const seen = await db.database.tenants
        .of('east')
        .query<{ tenant: string }>(`SELECT tenant FROM ${name}`);
      expect(new Set(seen.rows.map(({ tenant }) => tenant)), name).toEqual(new Set(['east']));
    }
  });

  it('changes hands with a connection, and shows nothing to nobody', async () => {
    const { tenants } = db.database;
    const count = 'SELECT count(*)::int AS rows FROM streams';
    const seen = await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        const tenant = ['east', 'west', 'nowhere', ''][n % 4] ?? '';
        const { rows } = await tenants.of(tenant).query<{ rows: number }>(count);
        return [tenant, rows[0]?.rows];
      }),
    );
    for (const [tenant, rows] of seen) expect(rows).toBe(tenant === 'east' || tenant === 'west' ? 1 : 0);
    const client = new pg.Client(db.url);
    await client.connect();
    await beginSession(client, { ...settingsOf(db.url), role: 'presage_tenant' });
    expect((await client.query(count)).rows).toEqual([{ rows: 0 }]);
    await client.end();
  });

  it('keeps a tenant from writing rows of another, and from what belongs to the installation', async () => {
    const east = db.database.tenants.of('east');
    const { rows } = await db.database.pool.query("SELECT id FROM streams WHERE tenant = 'west'");
    const stream = rows[0].id;
    await expect(
      east.query(
        `INSERT INTO observations (tenant, position, stream_id, observed_at, value, hash, provider, ts)
         VALUES ('west', 99, ${stream}, now(), 1, '\\x00', 'x', now())`,
      ),
    ).rejects.toThrow(/row-level security/);
    await expect(east.query("UPDATE streams SET tenant = 'west'")).rejects.toThrow(/row-level security/);
    for (const statement of [
      'UPDATE observations SET value = 9',
      'UPDATE log_heads SET position = 0',
      "UPDATE streams SET name = 'mine'",
    ]) {
      const { rowCount } = await east.query(`${statement} WHERE tenant = 'west'`);
      expect(rowCount).toBe(0);
    }
    for (const table of SYSTEM) {
      await expect(east.query(`SELECT * FROM ${table}`)).rejects.toThrow(/permission denied/);
    }
    await expect(east.query('DELETE FROM observations')).rejects.toThrow(/permission denied/);
  });
});

describe('with the first wall taken down', () => {
  /** Every condition on the tenant is taken out of every statement: only the second wall is left. */
  const TENANT_CONDITION = /(?:\b\w+\.)?tenant = (?:\$\d+(?!\d)|h\.tenant|p\.tenant)/g;

  function withoutFirstWall({ tenants, ...database }: Database): Database {
    const open = (text: string) => text.replace(TENANT_CONDITION, (condition) => `(TRUE OR ${condition})`);
    const stripped = {
      of: (tenant: string) => {
        const connections = tenants.of(tenant);
        return {
          connect: () => connections.connect(),
          query: (query: string | pg.QueryConfig<unknown[]>, values?: unknown[]) =>
            typeof query === 'string'
              ? connections.query(open(query), values)
              : connections.query({ ...query, text: open(query.text), name: `open ${query.name}` }, values),
        };
      },
    };
    return { ...database, tenants: stripped as unknown as TenantConnections };
  }

  it('shows and takes nothing of another tenant all the same', async () => {
    const other = await openDatabase(db.url, 4, { info: () => undefined, warn: () => undefined });
    const open = await openTestDomain(withoutFirstWall(other));
    const filter = { kind: 'and', of: [] } as const;
    const page = { limit: 100, backward: false };
    const everything = JSON.stringify([
      await open.streams.list('east', filter, page),
      await open.streams.find('east', { name: 'of west' }),
      await open.observations.list('east', filter, page),
      await open.observations.latest('east', filter, 100),
      await open.predictions.list('east', filter, page),
      await allPages((await open.reader.snapshot('east', filter)).pages),
      await open.reader.read({
        ...{ tenant: 'east', topics: ['observation', 'prediction', 'stream'] },
        ...{ after: 0, through: 1_000, limit: 1_000 },
      }),
    ]);
    expect(everything).toContain('of east');
    expect(everything).not.toContain('west');
    const foreign = await domain.streams.find('west', { name: 'of west' });
    if (!foreign || !actors.east) throw new Error('the fixture is not there');
    const report = await open.observations.publish(actors.east, [{ streamUuid: foreign.uuid, value: 3 }]);
    expect(report.errors.map(({ code }) => code)).toEqual(['UNKNOWN_STREAM']);
    await other.close();
  });
});
