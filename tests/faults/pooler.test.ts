import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTenant } from '../../server/domain/tenant/create-tenant.ts';
import { openDatabase } from '../../server/storage/database.ts';
import { openTestDatabase, type TestDatabase } from '../support/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';
import { findPgBouncer, TestPgBouncer } from '../support/pgbouncer.ts';
import { IS_SOAK } from './support/form.ts';

/** Of the long form only: a pgbouncer is not everywhere. */
const pgbouncer = (IS_SOAK ? findPgBouncer() : undefined) ?? '';
const QUIET = { info: () => undefined, warn: () => undefined };
const TENANTS = ['east', 'west'];

describe.skipIf(pgbouncer === '')('behind PgBouncer', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
    for (const tenant of TENANTS) await createTenant(db.database, tenant);
  });
  afterAll(() => db.close());

  it.each(['transaction', 'statement'])('refuses pool_mode = %s, and says what to do', async (mode) => {
    const bouncer = await TestPgBouncer.open(pgbouncer, db.url, { pool_mode: mode });
    await expect(openDatabase(bouncer.url, 5, QUIET)).rejects.toThrow(/pool_mode = session/);
    await bouncer.close();
  });

  it('refuses it also where start-up parameters are ignored and one connection is all there is', async () => {
    const settings = { pool_mode: 'transaction', default_pool_size: 1, ignore_startup_parameters: 'options' };
    const bouncer = await TestPgBouncer.open(pgbouncer, db.url, settings);
    await expect(openDatabase(bouncer.url, 5, QUIET)).rejects.toThrow(/pool_mode = session/);
    await bouncer.close();
  });

  it('says so where it has fewer sessions than are needed', async () => {
    const settings = { pool_mode: 'session', default_pool_size: 1 };
    const bouncer = await TestPgBouncer.open(pgbouncer, db.url, settings);
    await expect(openDatabase(bouncer.url, 5, QUIET)).rejects.toThrow(/default_pool_size/);
    await bouncer.close();
  });

  // Without a reset query a session comes to its next client with all that the last one has set.
  it.each(['DISCARD ALL', ''])('keeps tenants apart in sessions that are used again (%j)', async (reset) => {
    const settings = { pool_mode: 'session', default_pool_size: 14, server_reset_query: reset };
    const bouncer = await TestPgBouncer.open(pgbouncer, db.url, settings);
    for (let round = 0; round < 3; round += 1) {
      const database = await openDatabase(bouncer.url, 13, QUIET);
      const domain = await openTestDomain(database);
      await Promise.all(
        TENANTS.map(async (tenant) => {
          const actor = await makeActor(database, `${tenant} peer`, tenant);
          const { uuid } = await domain.streams.create(actor, { name: `${round} ${reset.length}` });
          const report = await domain.observations.publish(actor, [{ streamUuid: uuid, value: round }]);
          expect(report.successful).toBe(1);
        }),
      );
      const everything = { text: 'SELECT DISTINCT tenant, current_user::text AS role FROM observations' };
      const looks = Array.from({ length: 40 }, async (_, index) => {
        const tenant = TENANTS[index % 2] ?? '';
        const source = index % 4 < 2 ? database.tenants : database.readers;
        expect((await source.of(tenant).query(everything)).rows).toEqual([
          { tenant, role: 'presage_tenant' },
        ]);
      });
      await Promise.all(looks);
      const readers = database.readers.of('east').query("SELECT set_config('x.y', '1', false), 1 / 0");
      await expect(readers).rejects.toThrow(/zero/);
      await expect(database.readers.of('east').query('DELETE FROM observations')).rejects.toThrow(
        /read-only/,
      );
      await database.close();
    }
    await bouncer.close();
  });
});
