import type pg from 'pg';
import { PresageError } from '../../../schema/errors.ts';
import type { LogEntry, Position } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { TenantConnections } from '../../storage/tenant-connections.ts';
import { catchUp } from './catch-up.ts';
import type { CommitFeed } from './commit-feed.ts';
import { SharedTurn, SILENCE_MS, wasSilent } from './shared-turn.ts';
import { TenantLog } from './tenant-log.ts';
import type { KnownLog } from './timeline.ts';
import { type FoundHead, IS_CURRENT, Timelines } from './timelines.ts';
import { explainFailure } from './unavailable.ts';

const BEGIN = `BEGIN; SET LOCAL idle_in_transaction_session_timeout = ${SILENCE_MS}`;
/** How often a transaction is tried that is ended because this process paused in it. */
const ATTEMPTS = 2;

/** A transaction that holds the lock of its tenant's log. */
export interface Append {
  readonly client: pg.PoolClient;
  readonly log: TenantLog;
  /** The newest position so far: what is written takes `head + 1` and on, without a hole. */
  readonly head: Position;
  /** The timeline of the log that is written in. */
  readonly timeline: string;
  /** When the transaction runs, which is when its entries are committed. */
  readonly ts: EpochMs;
}

/** What an append wrote: `entries` in order from `head + 1`, and what its caller wants to know. */
export interface Appended<T> {
  readonly entries: readonly LogEntry[];
  readonly result: T;
}

/**
 * The way into the log (invariant 1) for all but the fast path of ingest, which swaps the head in one statement. The head row of the tenant is locked first and moved last in the same
 * transaction, so commit order is position order and a transaction that fails leaves no hole.
 */
export class LogWriter {
  readonly #tenants: TenantConnections;
  readonly #feed: CommitFeed;
  readonly #now: () => EpochMs;
  readonly #timelines: Timelines;
  readonly #logs = new Map<string, TenantLog>();

  constructor(
    tenants: TenantConnections,
    feed: CommitFeed,
    now: () => EpochMs,
    timelines = new Timelines(tenants),
  ) {
    this.#tenants = tenants;
    this.#feed = feed;
    this.#now = now;
    this.#timelines = timelines;
  }

  /** What this process remembers of the tenant's log. */
  tenantLog(tenant: string): TenantLog {
    let log = this.#logs.get(tenant);
    if (!log) {
      log = new TenantLog();
      this.#logs.set(tenant, log);
    }
    return log;
  }

  /**
   * Runs `write` in its turn, under the lock, and announces its entries once they are committed. It is run once more if
   * PostgreSQL ended the transaction because this process paused for longer than others are to be held up.
   */
  async append<T>(tenant: string, write: (append: Append) => Promise<Appended<T>>): Promise<T> {
    const log = this.tenantLog(tenant);
    return log.turns.run(() => this.appendInTurn(tenant, log, write));
  }

  /** Whether what is remembered of a log's end may be written on: it is of the timeline and as far as this process has seen it. */
  isTrusted(tenant: string, { head, timeline }: TenantLog): boolean {
    return head !== undefined && this.#timelines.isNewest(tenant, timeline, head);
  }

  /** `append` for a caller whose turn it is already. */
  async appendInTurn<T>(
    tenant: string,
    log: TenantLog,
    write: (append: Append) => Promise<Appended<T>>,
  ): Promise<T> {
    try {
      const { entries, result } = await this.#attempt(tenant, log, write);
      if (log.head !== undefined) log.head += entries.length;
      const through = entries.at(-1)?.position;
      if (through !== undefined) {
        this.announce(tenant, through, (timeline) => entries.map((entry) => ({ ...entry, timeline })));
      }
      return result;
    } catch (error) {
      log.forget();
      throw explainFailure(error);
    }
  }

  /** Tells of entries that are committed, up to `through`; they are made only if somebody listens. */
  announce(
    tenant: string,
    through: Position,
    entries: (timeline: string | undefined) => readonly LogEntry[],
  ): void {
    this.#timelines.saw(tenant, through);
    if (!this.#feed.idle) this.#feed.announce(tenant, entries(this.#timelines.of(tenant, through)));
  }

  async #attempt<T>(
    tenant: string,
    log: TenantLog,
    write: (append: Append) => Promise<Appended<T>>,
  ): Promise<Appended<T>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#transaction(tenant, log, write);
      } catch (error) {
        if (attempt === ATTEMPTS || !wasSilent(error)) throw error;
        log.forget();
      }
    }
  }

  async #transaction<T>(
    tenant: string,
    log: TenantLog,
    write: (append: Append) => Promise<Appended<T>>,
  ): Promise<Appended<T>> {
    const client = await this.#tenants.of(tenant).connect();
    let broken: Error | undefined;
    // A connection that ends between two statements would end the process; the next statement says so.
    const onError = (error: Error): void => {
      broken = error;
    };
    client.on('error', onError);
    try {
      // Sent one behind the other, and waited for together.
      const [, , found] = await Promise.all([
        client.query(BEGIN),
        log.isShared(this.#now()) ? SharedTurn.takeInTransaction(client, tenant) : undefined,
        lockHead(client, tenant),
      ]);
      const head = found.position;
      const news: KnownLog | undefined = await this.#timelines.underLock(client, tenant, found);
      if (news) log.forgetAll();
      if (log.head !== head || !log.streamsKnown) await catchUp(client, tenant, log, this.#now);
      const timeline = news?.timelines.at(-1)?.id ?? found.timeline ?? '';
      const appended = await write({ client, log, head, timeline, ts: this.#now() });
      await client.query('UPDATE log_heads SET position = $2 WHERE tenant = $1', [
        tenant,
        head + appended.entries.length,
      ]);
      await client.query('COMMIT');
      if (news) this.#timelines.adopt(tenant, news);
      return appended;
    } catch (error) {
      const cause = wasSilent(broken) ? broken : error;
      await client.query('ROLLBACK').catch((failure: Error) => {
        broken = failure;
      });
      throw cause;
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }
}

/** `isCurrent`: the newest timeline was begun by this run of the database. */
async function lockHead(client: pg.PoolClient, tenant: string): Promise<FoundHead & { isCurrent: boolean }> {
  const { rows } = await client.query<{
    position: string;
    timeline: string | null;
    isCurrent: boolean | null;
  }>({
    name: 'lock-head',
    text: `SELECT position, timeline, ${IS_CURRENT} AS "isCurrent" FROM log_heads h WHERE tenant = $1 FOR UPDATE`,
    values: [tenant],
  });
  const [row] = rows;
  if (!row) throw new PresageError('NOT_FOUND', `There is no tenant "${tenant}".`);
  return { position: Number(row.position), timeline: row.timeline, isCurrent: row.isCurrent === true };
}
