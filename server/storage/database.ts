import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from '../../prisma/client/client.ts';
import { CONNECTION_TIMEOUT_MS } from './connection-timeout.ts';
import { StorageError } from './errors.ts';
import { migrate, readMigrations } from './migrations.ts';
import { surviveBreaks } from './survive-breaks.ts';
import { TenantConnections } from './tenant-connections.ts';
import { ensureTenantRole } from './tenant-role.ts';

/**
 * A migrated database. What belongs to one tenant goes through `tenants`; `pool` and `prisma`, which share connections,
 * are for what is across tenants: sign-in, the tenants themselves, migrations.
 */
export interface Database {
  readonly url: string;
  readonly tenants: TenantConnections;
  readonly pool: pg.Pool;
  /** Connections that hold a claim while work goes on over others: apart, or claims could use up what the work needs. */
  readonly claims: pg.Pool;
  readonly prisma: PrismaClient;
  close(): Promise<void>;
}

/** What of pino is used here. */
export interface StorageLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

const OLDEST_VERSION = 15;
/** Of the connections of a process, one in so many is for what is across tenants, and at least one. */
const SYSTEM_SHARE = 4;
const CLAIMS = 2;

/** Connects, checks the version and applies missing migrations. Throws `StorageError` that says what is wrong. */
export async function openDatabase(url: string, poolSize: number, logger: StorageLogger): Promise<Database> {
  await prepare(url, logger);
  const forSystem = Math.max(1, Math.floor(poolSize / SYSTEM_SHARE));
  const options = { connectionString: url, connectionTimeoutMillis: CONNECTION_TIMEOUT_MS };
  const pool = new pg.Pool({ ...options, max: forSystem, application_name: 'presage' });
  const claims = new pg.Pool({ ...options, max: CLAIMS, application_name: 'presage claims' });
  // A connection that breaks while idle is replaced by the pool; the next query that needs it says so.
  const onBroken = (error: Error) => logger.warn({ err: error }, 'a database connection broke');
  pool.on('error', onBroken);
  claims.on('error', onBroken);
  surviveBreaks(pool);
  surviveBreaks(claims);
  const tenants = new TenantConnections(url, Math.max(1, poolSize - forSystem - CLAIMS), onBroken);
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    url,
    tenants,
    pool,
    claims,
    prisma,
    close: async () => {
      await tenants.close();
      await claims.end();
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

async function prepare(url: string, logger: StorageLogger): Promise<void> {
  const client = new pg.Client({ connectionString: checkUrl(url), application_name: 'presage migrations' });
  // Without a listener a connection that breaks later would end the process.
  client.on('error', (error) => logger.warn({ err: error }, 'the migration connection broke'));
  try {
    await client.connect();
  } catch (error) {
    throw new StorageError(`Can't connect to ${describe(url)}: ${reason(error)}. Check DATABASE_URL.`, {
      cause: error,
    });
  }
  try {
    const { rows } = await client.query<{ version: string }>(
      "SELECT current_setting('server_version_num') AS version",
    );
    const version = Math.floor(Number(rows[0]?.version) / 10_000);
    if (version < OLDEST_VERSION) {
      throw new StorageError(
        `${describe(url)} is PostgreSQL ${version}; Presage needs ${OLDEST_VERSION} or newer.`,
      );
    }
    await ensureTenantRole(client);
    const applied = await migrate(client, await readMigrations());
    if (applied.length > 0) logger.info({ applied }, 'applied migrations');
  } finally {
    await client.end();
  }
}

function checkUrl(url: string): string {
  if (URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol)) return url;
  throw new StorageError(
    'DATABASE_URL is not a PostgreSQL URL; write it as postgresql://user:password@host:5432/database.',
  );
}

/** The URL without its password. */
function describe(url: string): string {
  const { host, pathname, username } = new URL(url);
  return `the database ${pathname.slice(1) || '(default)'} at ${host} as ${username || '(default user)'}`;
}

function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join('; ');
  return error instanceof Error ? error.message : String(error);
}
