import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from '../../prisma/client/client.ts';
import { warnOfClock } from './clock.ts';
import { connectFailure } from './connect-failure.ts';
import { CONNECTION_TIMEOUT_MS } from './connection-timeout.ts';
import { checkUrl, describe, schemaOf, settingsOf } from './database-url.ts';
import { StorageError } from './errors.ts';
import { migrate, readMigrations } from './migrations.ts';
import { CLAIMS, poolShares } from './pool-shares.ts';
import { ensureSessions } from './pooler.ts';
import { ReadShare } from './read-share.ts';
import { ensureExtension, ensureSchema, ensureTenantsEnter } from './schema-of-tables.ts';
import { beginSession } from './session.ts';
import { surviveBreaks } from './survive-breaks.ts';
import { TenantConnections, type TenantReads } from './tenant-connections.ts';
import { ensureTenantRole } from './tenant-role.ts';

/**
 * A migrated database. What belongs to one tenant goes through `tenants`, and through `readers` or `queries` where it is
 * read for somebody; `pool` and `prisma`, which share connections, are for what is across tenants: sign-in, the tenants
 * themselves, migrations.
 */
export interface Database {
  readonly url: string;
  /** For writing, and for what goes on whoever reads: nothing bounds a statement's time, and no reader can hold these. */
  readonly tenants: TenantConnections;
  /** For what readers wait for: a statement that takes too long fails with `TOO_COMPLEX`. */
  readonly readers: TenantReads;
  /** The part of `readers` that statements of readers' own making may take at once. */
  readonly queries: TenantReads;
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
/** How long a statement of a reader may take unless something else is said, in ms. */
const READ_TIMEOUT_MS = 5_000;

/** Connects, checks the version and applies missing migrations. Throws `StorageError` that says what is wrong. */
export async function openDatabase(
  url: string,
  poolSize: number,
  logger: StorageLogger,
  readTimeoutMs = READ_TIMEOUT_MS,
): Promise<Database> {
  await prepare(url, logger);
  const shares = poolShares(poolSize);
  const options = {
    connectionString: url,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    onConnect: (client: pg.ClientBase) => beginSession(client, settingsOf(url)),
  };
  const pool = new pg.Pool({ ...options, max: shares.system, application_name: 'presage' });
  const claims = new pg.Pool({ ...options, max: CLAIMS, application_name: 'presage claims' });
  // A connection that breaks while idle is replaced by the pool; the next query that needs it says so.
  const onBroken = (error: Error) => logger.warn({ err: error }, 'a database connection broke');
  pool.on('error', onBroken);
  claims.on('error', onBroken);
  surviveBreaks(pool);
  surviveBreaks(claims);
  const tenants = new TenantConnections({ url, onBroken, size: shares.tenants });
  const readers = new TenantConnections({ url, onBroken, size: shares.readers, readTimeoutMs });
  const schema = schemaOf(url);
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, schema === undefined ? {} : { schema }) });
  return {
    url,
    tenants,
    readers,
    queries: new ReadShare(readers, shares.queries),
    pool,
    claims,
    prisma,
    close: async () => {
      await readers.close();
      await tenants.close();
      await claims.end();
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

async function prepare(url: string, logger: StorageLogger): Promise<void> {
  const client = await connect(url, logger);
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
    await ensureSessions(client, url);
    await beginSession(client, settingsOf(url));
    await warnOfClock(client, logger);
    await ensureTenantRole(client);
    await ensureSchema(client, schemaOf(url));
    await ensureExtension(client);
    const applied = await migrate(client, await readMigrations());
    if (applied.length > 0) logger.info({ applied }, 'applied migrations');
    await ensureTenantsEnter(client);
  } finally {
    await client.end();
  }
}

async function connect(url: string, logger: StorageLogger): Promise<pg.Client> {
  checkUrl(url);
  try {
    const client = new pg.Client({ connectionString: url, application_name: 'presage migrations' });
    // Without a listener a connection that breaks later would end the process.
    client.on('error', (error) => logger.warn({ err: error }, 'the migration connection broke'));
    await client.connect();
    return client;
  } catch (error) {
    throw connectFailure(url, error);
  }
}
