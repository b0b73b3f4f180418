import type pg from 'pg';
import { expect, it } from 'vitest';
import { ReadShare } from './read-share.ts';
import type { TenantReads } from './tenant-connections.ts';

/** Statements that end when the test says so. */
class HeldReads implements TenantReads {
  readonly underWay: { readonly statement: string; end(error?: Error): void }[] = [];

  of(tenant: string) {
    return {
      query: <R extends pg.QueryResultRow>(statement: string | pg.QueryConfig<unknown[]>) =>
        new Promise<pg.QueryResult<R>>((resolve, reject) => {
          this.underWay.push({
            statement: `${tenant}: ${String(statement)}`,
            end: (error) =>
              error ? reject(error) : resolve({ rows: [], command: '', rowCount: 0, oid: 0, fields: [] }),
          });
        }),
    };
  }
}

it('lets so many go at once, the others in the order in which they came, also after failures', async () => {
  const held = new HeldReads();
  const share = new ReadShare(held, 2);
  const asked = ['a', 'b', 'c', 'd'].map((name) => share.of('main').query(name));
  await new Promise(setImmediate);
  expect(held.underWay.map(({ statement }) => statement)).toEqual(['main: a', 'main: b']);
  held.underWay[1]?.end(new Error('away'));
  await expect(asked[1]).rejects.toThrow('away');
  await new Promise(setImmediate);
  expect(held.underWay.map(({ statement }) => statement)).toEqual(['main: a', 'main: b', 'main: c']);
  held.underWay[0]?.end();
  held.underWay[2]?.end();
  await new Promise(setImmediate);
  held.underWay[3]?.end();
  await Promise.all([asked[0], asked[2], asked[3]]);
});

it('has nobody wait for ever, and gives no turn to whom it refused', async () => {
  const held = new HeldReads();
  const share = new ReadShare(held, 1, 20);
  const first = share.of('main').query('a');
  await expect(share.of('main').query('b')).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/busy.*PRESAGE_DATABASE_POOL_SIZE/),
  });
  const third = share.of('main').query('c');
  held.underWay[0]?.end();
  await first;
  await new Promise(setImmediate);
  expect(held.underWay.map(({ statement }) => statement)).toEqual(['main: a', 'main: c']);
  held.underWay[1]?.end();
  await third;
});

it('has tenants take turns, however many of one wait', async () => {
  const held = new HeldReads();
  const share = new ReadShare(held, 1);
  const asked = ['a', 'a', 'a', 'b', 'c', 'b'].map((tenant, n) => share.of(tenant).query(`${n}`));
  for (let n = 0; n < asked.length; n += 1) {
    await new Promise(setImmediate);
    expect(held.underWay).toHaveLength(n + 1);
    held.underWay[n]?.end();
  }
  await Promise.all(asked);
  expect(held.underWay.map(({ statement }) => statement)).toEqual([
    'a: 0',
    'a: 1',
    'b: 3',
    'c: 4',
    'a: 2',
    'b: 5',
  ]);
  // All of it is free again.
  const again = share.of('c').query('6');
  await new Promise(setImmediate);
  held.underWay[6]?.end();
  await again;
});
