import type { ClientBase } from 'pg';
import { quoted } from './database-url.ts';
import { StorageError } from './errors.ts';
import { TENANT_ROLE } from './tenant-role.ts';

interface Place {
  readonly user: string;
  readonly database: string;
  /** The schema that tables are made in; null if there is none, or none that the user may look into. */
  readonly schema: string | null;
  readonly mayMake: boolean;
  readonly tenantsEnter: boolean;
  readonly hasTables: boolean;
}

/**
 * Makes sure that there is a schema for the tables, and makes the one that the URL names if this user may. Throws
 * `StorageError` that says what the owner of the database has to run where he may not.
 */
export async function ensureSchema(client: ClientBase, named: string | undefined): Promise<void> {
  let place = await look(client);
  if (place.schema === null && named !== undefined) {
    await client.query(`CREATE SCHEMA ${quoted(named)}`).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && HARMLESS.has(String(error.code)))) throw error;
    });
    place = await look(client);
  }
  const { user, database, schema, mayMake, hasTables } = place;
  if (schema !== null && (mayMake || hasTables)) return;
  const own = quoted(named ?? 'presage');
  const way =
    schema === null
      ? `CREATE SCHEMA ${own} AUTHORIZATION ${quoted(user)};`
      : `GRANT CREATE ON SCHEMA ${quoted(schema)} TO ${quoted(user)};`;
  throw new StorageError(
    `The database user ${user} has no schema in the database ${database} that it may make tables in; as the owner of the database run: ${way}${named === undefined ? ` (or CREATE SCHEMA presage AUTHORIZATION ${quoted(user)}; and end DATABASE_URL with ?schema=presage)` : ''}`,
  );
}

/** Makes sure that the extension that tables need is there, or that this user may make it. */
export async function ensureExtension(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ user: string; database: string; may: boolean }>(
    `SELECT current_user AS user, current_database() AS database,
            has_database_privilege(current_database(), 'CREATE')
              OR EXISTS (SELECT FROM pg_extension WHERE extname = $1) AS may`,
    [EXTENSION],
  );
  if (!rows[0] || rows[0].may) return;
  const { user, database } = rows[0];
  throw new StorageError(
    `The database user ${user} may not make the extension ${EXTENSION} in the database ${database}; as its owner run there: CREATE EXTENSION ${EXTENSION};`,
  );
}

/** What keeps periods of collection from overlapping. It comes with PostgreSQL. */
const EXTENSION = 'btree_gist';

/** Makes sure that statements of tenants find the tables. */
export async function ensureTenantsEnter(client: ClientBase): Promise<void> {
  const { schema, tenantsEnter } = await look(client);
  if (schema === null || tenantsEnter) return;
  throw new StorageError(
    `The role ${TENANT_ROLE}, which statements of tenants run as, may not look into the schema ${schema}; as its owner run: GRANT USAGE ON SCHEMA ${quoted(schema)} TO ${TENANT_ROLE};`,
  );
}

/** SQLSTATEs of what a user may not do, and of what another process has just done. Whether it is there is looked at then. */
const HARMLESS = new Set(['42501', '42P06', '23505']);

async function look(client: ClientBase): Promise<Place> {
  const { rows } = await client.query<Place>(
    `SELECT current_user AS user, current_database() AS database, s.name AS schema,
            coalesce(has_schema_privilege(s.name, 'CREATE'), false) AS "mayMake",
            coalesce(has_schema_privilege($1::name, s.name, 'USAGE'), false) AS "tenantsEnter",
            to_regclass('_prisma_migrations') IS NOT NULL AS "hasTables"
       FROM (SELECT current_schema()::text AS name) s`,
    [TENANT_ROLE],
  );
  if (!rows[0]) throw new StorageError('The database says nothing of its schemas; check that it is well.');
  return rows[0];
}
