import type { LogEntry, ObservationEntry, Position } from '../../../schema/log-entry.ts';
import { observationId } from '../../../schema/node-id.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { Queryable, TenantConnections } from '../../storage/tenant-connections.ts';
import type { CommitFeed } from '../log/commit-feed.ts';
import type { LogWriter } from '../log/log-writer.ts';
import type { ChainHead, TenantLog } from '../log/tenant-log.ts';
import { TurnBatches } from '../log/turn-batches.ts';
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

/** Appends observations, those of many calls in one transaction. */
export class Ingest {
  readonly #tenants: TenantConnections;
  readonly #writer: LogWriter;
  readonly #feed: CommitFeed;
  readonly #now: () => EpochMs;
  readonly #batches: TurnBatches<Call>;

  constructor(tenants: TenantConnections, writer: LogWriter, feed: CommitFeed, now: () => EpochMs) {
    this.#tenants = tenants;
    this.#writer = writer;
    this.#feed = feed;
    this.#now = now;
    this.#batches = new TurnBatches({
      turns: (tenant) => writer.tenantLog(tenant).turns,
      maxItems: MAX_ROWS,
      work: (tenant, calls) => this.#work(tenant, calls),
    });
  }

  append(tenant: string, items: readonly JudgedObservation[]): Promise<IngestReport> {
    return new Promise((resolve, reject) => {
      this.#batches.add(tenant, { items, resolve, reject });
    });
  }

  async #work(tenant: string, calls: readonly Call[]): Promise<void> {
    const log = this.#writer.tenantLog(tenant);
    try {
      const items = calls.flatMap((call) => call.items);
      settle(calls, await this.#commit(tenant, log, items));
    } catch (error) {
      log.forget();
      throw explainFailure(error);
    }
  }

  async #commit(tenant: string, log: TenantLog, items: readonly JudgedObservation[]): Promise<IngestReport> {
    const head = log.head;
    if (head !== undefined) {
      const ts = this.#now();
      const db = this.#tenants.of(tenant);
      const plan = await makePlan(db, log, items, ts);
      // Where nothing is appended the head is not checked, so it may be behind what the duplicates duplicate.
      const moved =
        plan.appended.length > 0 && (await db.query(appendStatement(tenant, head, plan, ts))).rowCount === 1;
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
  db: Queryable,
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
  db: Queryable,
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
