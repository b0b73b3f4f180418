import { PresageError } from '../../../schema/errors.ts';
import type { Database } from '../../storage/database.ts';
import { mayNameATenant } from './tenant-name.ts';
import type { TenantDocument } from './tenants.ts';

/** Makes a tenant with an empty log; `undefined` if there is one of that name. Throws `BAD_INPUT`. */
export async function createTenant(
  { pool }: Pick<Database, 'pool'>,
  name: string,
): Promise<TenantDocument | undefined> {
  if (!mayNameATenant(name)) {
    throw new PresageError(
      'BAD_INPUT',
      `"${name.slice(0, 63)}" can't name a tenant; give 1 to 63 lower-case letters, digits and hyphens.`,
    );
  }
  const { rows } = await pool.query<TenantDocument>(
    `WITH tenant AS (
       INSERT INTO tenants (name) VALUES ($1) ON CONFLICT DO NOTHING RETURNING name, created_at
     ), head AS (
       INSERT INTO log_heads (tenant) SELECT name FROM tenant
     )
     SELECT name, (extract(epoch FROM created_at) * 1000)::float8 AS "createdAt" FROM tenant`,
    [name],
  );
  return rows[0];
}
