import pg from 'pg';
import { CONNECTION_TIMEOUT_MS } from './connection-timeout.ts';
import { settingsOf } from './database-url.ts';
import { asError, ReadTimeout } from './errors.ts';
import { beginSession, expectSame } from './session.ts';
import { surviveBreaks } from './survive-breaks.ts';
import { TENANT_ROLE } from './tenant-role.ts';

/** What runs statements: a connection, or whatever takes one for each. */
export interface Queryable {
  query<R extends pg.QueryResultRow>(
    query: string | pg.QueryConfig<unknown[]>,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>>;
}

/** Connections that see and write the rows of one tenant only, whatever a statement says. */
export interface Connections extends Queryable {
  /** A connection for a transaction, to be released. */
  connect(): Promise<pg.PoolClient>;
  /** The same for what can do without: none if another would then have to wait for one. */
  spare(): Promise<pg.PoolClient> | undefined;
}

/** What reads a tenant's rows and nothing else, a statement at a time. */
export interface TenantReads {
  of(tenant: string): Queryable;
}

export interface TenantConnectionsParts {
  readonly url: string;
  readonly size: number;
  readonly onBroken: (error: Error) => void;
  /** Makes them connections of readers: they can't write, and a statement that takes longer fails, in ms. */
  readonly readTimeoutMs?: number;
}

/**
 * Connections by tenant, out of one bounded pool. They start as a role that row-level security applies to, and remember
 * which tenant they are set to: only one that was another tenant's before needs a statement to change hands.
 */
export class TenantConnections implements TenantReads {
  readonly #pool: pg.Pool;
  readonly #tenants = new WeakMap<pg.PoolClient, string>();
  readonly #backends = new WeakMap<pg.ClientBase, number>();
  readonly #readTimeoutMs: number | undefined;

  constructor({ url, size, onBroken, readTimeoutMs }: TenantConnectionsParts) {
    this.#readTimeoutMs = readTimeoutMs;
    const isReader = readTimeoutMs !== undefined;
    this.#pool = new pg.Pool({
      connectionString: url,
      // Said when a connection begins, so that no statement costs another round trip for it.
      onConnect: async (client) => {
        const { backend } = await beginSession(client, {
          ...settingsOf(url),
          role: TENANT_ROLE,
          ...(isReader && { statement_timeout: readTimeoutMs, default_transaction_read_only: 'on' }),
        });
        this.#backends.set(client, backend);
      },
      max: size,
      // What is sent over a taken connection goes out at once, and not when what was sent before has been answered.
      pipeline: true,
      connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
      application_name: isReader ? 'presage readers' : 'presage tenants',
    });
    this.#pool.on('error', onBroken);
    surviveBreaks(this.#pool);
  }

  of(tenant: string): Connections {
    return {
      connect: () => this.#connect(tenant),
      spare: () => (this.#free > 1 ? this.#connect(tenant) : undefined),
      query: async <R extends pg.QueryResultRow>(
        query: string | pg.QueryConfig<unknown[]>,
        values?: unknown[],
      ) => {
        const client = await this.#connect(tenant);
        const began = performance.now();
        let broken: Error | undefined;
        try {
          return await client.query<R, unknown[]>(query, values);
        } catch (error) {
          // A statement that the server refused leaves the connection as it was.
          if (!(error instanceof pg.DatabaseError)) broken = asError(error);
          throw this.#explain(error, performance.now() - began);
        } finally {
          client.release(broken);
        }
      },
    };
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  /** Connections that are there to be taken, or to be made. */
  get #free(): number {
    const { idleCount, totalCount, waitingCount, options } = this.#pool;
    return idleCount + options.max - totalCount - waitingCount;
  }

  /** One code stands for every cancelled statement; one that somebody cancelled by hand has not taken its time. */
  #explain(error: unknown, tookMs: number): unknown {
    const mayMs = this.#readTimeoutMs;
    const isCancelled = error instanceof pg.DatabaseError && error.code === QUERY_CANCELED;
    // The database's clock is another one.
    const tookItsTime = mayMs !== undefined && tookMs >= 0.9 * mayMs;
    return isCancelled && tookItsTime ? new ReadTimeout(mayMs, error) : error;
  }

  async #connect(tenant: string): Promise<pg.PoolClient> {
    const client = await this.#pool.connect();
    if (this.#tenants.get(client) === tenant) return client;
    // Forgotten first: a connection whose change of hands fails belongs to nobody, and is thrown away.
    this.#tenants.delete(client);
    try {
      const { rows } = await client.query<{ backend: number }>(
        "SELECT pg_backend_pid() AS backend, set_config('presage.tenant', $1, false)",
        [tenant],
      );
      expectSame(this.#backends.get(client) ?? 0, rows[0]?.backend);
      this.#tenants.set(client, tenant);
      return client;
    } catch (error) {
      client.release(asError(error));
      throw error;
    }
  }
}

/** SQLSTATE of a statement that was ended by a timeout or by somebody. */
const QUERY_CANCELED = '57014';
