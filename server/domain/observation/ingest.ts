import type pg from 'pg';
import type { LogEntry, ObservationEntry, Position } from '../../../schema/log-entry.ts';
import { observationId } from '../../../schema/node-id.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { CommitFeed } from '../log/commit-feed.ts';
import type { LogWriter } from '../log/log-writer.ts';
import type { ChainHead, TenantLog } from '../log/tenant-log.ts';
import { explainFailure } from '../log/unavailable.ts';
import { appendStatement } from './append-statement.ts';
import { ChainPlan, needsLookup, type Verdict } from './chain-plan.ts';
import type { JudgedObservation } from './judge.ts';
import { readChainHeads, readOccupants } from './slots.ts';

/** Observations of one transaction, at most, unless one call alone has more. */
const MAX_ROWS = 10_000;

/** The answer to one call: a verdict an item, and the position at which all of it is visible. */
export interface IngestReport {
  readonly verdicts: readonly Verdict[];
  readonly position: Position;
}

interface Call {
  readonly items: readonly JudgedObservation[];
  resolve(report: IngestReport): void;
  reject(error: unknown): void;
}

/**
 * Appends observations. Calls that come while a transaction is under way wait for the next one, which takes all of them
 * together: the more callers, the larger the transactions, and the lock is held once a batch, not once a call.
 */
export class Ingest {
  readonly #pool: pg.Pool;
  readonly #writer: LogWriter;
  readonly #feed: CommitFeed;
  readonly #now: () => EpochMs;
  readonly #waiting = new Map<string, Call[]>();

  constructor(pool: pg.Pool, writer: LogWriter, feed: CommitFeed, now: () => EpochMs) {
    this.#pool = pool;
    this.#writer = writer;
    this.#feed = feed;
    this.#now = now;
  }

  append(tenant: string, items: readonly JudgedObservation[]): Promise<IngestReport> {
    return new Promise((resolve, reject) => {
      const call = { items, resolve, reject };
      const waiting = this.#waiting.get(tenant);
      if (waiting) {
        waiting.push(call);
        return;
      }
      this.#waiting.set(tenant, [call]);
      this.#takeTurn(tenant);
    });
  }

  /** Asks for a turn at the log; what waits when it comes is the batch. */
  #takeTurn(tenant: string): void {
    const log = this.#writer.tenantLog(tenant);
    log.turns
      .run(async () => {
        const calls = this.#nextBatch(tenant);
        try {
          settle(
            calls,
            await this.#commit(
              tenant,
              log,
              calls.flatMap((call) => call.items),
            ),
          );
        } catch (error) {
          log.forget();
          const failure = explainFailure(error);
          for (const call of calls) call.reject(failure);
        }
      })
      .catch(() => undefined);
  }

  #nextBatch(tenant: string): Call[] {
    const waiting = this.#waiting.get(tenant) ?? [];
    let rows = 0;
    let count = 0;
    for (const { items } of waiting) {
      if (count > 0 && rows + items.length > MAX_ROWS) break;
      rows += items.length;
      count += 1;
    }
    const batch = waiting.splice(0, count);
    if (waiting.length === 0) this.#waiting.delete(tenant);
    else this.#takeTurn(tenant);
    return batch;
  }

  async #commit(tenant: string, log: TenantLog, items: readonly JudgedObservation[]): Promise<IngestReport> {
    const head = log.head;
    if (head !== undefined) {
      const ts = this.#now();
      const plan = await makePlan(this.#pool, log, items, ts);
      // Where nothing is appended the head is not checked, so it may be behind what the duplicates duplicate.
      const moved =
        plan.appended.length > 0 &&
        (await this.#pool.query(appendStatement(tenant, head, plan, ts))).rowCount === 1;
      if (moved) {
        const position = head + plan.appended.length;
        remember(log, plan, position);
        this.#announce(tenant, head, plan, ts);
        return { verdicts: plan.verdicts, position };
      }
      log.forget();
    }
    return this.#commitLocked(tenant, log, items);
  }

  /** The way when another process may have moved the head: lock it first, then look. */
  #commitLocked(tenant: string, log: TenantLog, items: readonly JudgedObservation[]): Promise<IngestReport> {
    return this.#writer.appendInTurn(tenant, log, async ({ client, head, ts }) => {
      const plan = await makePlan(client, log, items, ts);
      const position = head + plan.appended.length;
      if (plan.appended.length > 0) {
        await client.query(appendStatement(tenant, head, plan, ts));
        remember(log, plan, head);
      }
      return { entries: toEntries(tenant, head, plan, ts), result: { verdicts: plan.verdicts, position } };
    });
  }

  #announce(tenant: string, head: Position, plan: ChainPlan, ts: EpochMs): void {
    if (!this.#feed.idle) this.#feed.announce(tenant, toEntries(tenant, head, plan, ts));
  }
}

/** Reads what the plan needs to know of the log, as far as it isn't remembered, and makes it. */
async function makePlan(
  db: pg.Pool | pg.PoolClient,
  log: TenantLog,
  items: readonly JudgedObservation[],
  ts: EpochMs,
): Promise<ChainPlan> {
  const heads = await chainHeads(db, log, items);
  const plan = new ChainPlan(heads, await readOccupants(db, needsLookup(items, heads)), ts, log.archived);
  for (const item of items) plan.add(item);
  return plan;
}

async function chainHeads(
  db: pg.Pool | pg.PoolClient,
  log: TenantLog,
  items: readonly JudgedObservation[],
): Promise<ReadonlyMap<number, ChainHead>> {
  const missing = new Set<number>();
  for (const { stream } of items) if (!log.chains.has(stream.serverId)) missing.add(stream.serverId);
  if (missing.size > 0) {
    for (const [id, head] of await readChainHeads(db, [...missing])) log.chains.set(id, head);
  }
  return log.chains;
}

function remember(log: TenantLog, plan: ChainPlan, head: Position): void {
  log.head = head;
  for (const [streamId, { head: end }] of plan.ends) log.chains.set(streamId, end);
}

function toEntries(tenant: string, head: Position, plan: ChainPlan, ts: EpochMs): LogEntry[] {
  return plan.appended.map(({ stream, value, observedAt, hash, provider }, index): ObservationEntry => {
    const position = head + index + 1;
    return {
      ...{ tenant, position, topic: 'observation', type: 'CREATE', ts },
      key: observationId(stream.serverId, observedAt),
      document: { stream, position, value, observedAt, ts, hash, provider, revision: 0, retracted: false },
    };
  });
}

/** Gives each call its part of the verdicts. */
function settle(calls: readonly Call[], { verdicts, position }: IngestReport): void {
  let start = 0;
  for (const call of calls) {
    call.resolve({ verdicts: verdicts.slice(start, start + call.items.length), position });
    start += call.items.length;
  }
}
