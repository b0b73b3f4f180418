import type { ClientBase } from 'pg';
import { StorageError } from './errors.ts';

/** What statements for one tenant run as: the tables' policies let it see and write that tenant's rows only. */
export const TENANT_ROLE = 'presage_tenant';

/**
 * Makes sure that the role is there and that this user may act as it. Roles belong to the whole database server, so a
 * user that may make none is told what somebody who may has to run.
 */
export async function ensureTenantRole(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ user: string; exists: boolean }>(
    'SELECT current_user AS user, EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS exists',
    [TENANT_ROLE],
  );
  const user = rows[0]?.user ?? '';
  try {
    if (!rows[0]?.exists) await createRole(client);
    if (!(await mayActAsIt(client))) await client.query(`GRANT ${TENANT_ROLE} TO current_user`);
  } catch (error) {
    throw new StorageError(
      `The database user ${user} may not set up the role ${TENANT_ROLE}, which keeps tenants apart; as a superuser run: CREATE ROLE ${TENANT_ROLE} NOLOGIN; GRANT ${TENANT_ROLE} TO "${user}";`,
      { cause: error },
    );
  }
}

/** Of several processes that start at once one makes it. */
async function createRole(client: ClientBase): Promise<void> {
  try {
    await client.query(`CREATE ROLE ${TENANT_ROLE} NOLOGIN`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== '42710' && code !== '23505') throw error;
  }
}

/** Asked by doing it: what it takes differs between versions of PostgreSQL. */
async function mayActAsIt(client: ClientBase): Promise<boolean> {
  try {
    await client.query(`SET ROLE ${TENANT_ROLE}`);
  } catch {
    return false;
  }
  await client.query('RESET ROLE');
  return true;
}
