import type { LogEntry, ObservationEntry, Position } from '../../../schema/log-entry.ts';
import { observationId } from '../../../schema/node-id.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { Queryable, TenantConnections } from '../../storage/tenant-connections.ts';
import type { CommitFeed } from '../log/commit-feed.ts';
import type { LogWriter } from '../log/log-writer.ts';
import type { ChainHead, TenantLog } from '../log/tenant-log.ts';
import { explainFailure } from '../log/unavailable.ts';
import { WaitingCalls } from '../log/waiting-calls.ts';
import { AppendPipeline } from './append-pipeline.ts';
import { appendStatement } from './append-statement.ts';
import { ChainPlan, needsLookup, type Verdict } from './chain-plan.ts';
import type { JudgedObservation } from './judge.ts';
import { readChainHeads, readOccupants } from './slots.ts';

/** Observations of one transaction, at most, unless one call alone has more. */
const MAX_ROWS = 1_000;
/** Statements that are under way at a time: one that the database works on, and two that it finds when it is done. */
const MAX_FLIGHTS = 3;
/** Fewer rows than this wait for the answer to what is under way, since more may come to share their statement. */
const MIN_ROWS_BEHIND = 250;

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
  readonly #waiting = new Map<string, WaitingCalls<Call>>();

  constructor(tenants: TenantConnections, writer: LogWriter, feed: CommitFeed, now: () => EpochMs) {
    this.#tenants = tenants;
    this.#writer = writer;
    this.#feed = feed;
    this.#now = now;
  }

  append(tenant: string, items: readonly JudgedObservation[]): Promise<IngestReport> {
    return new Promise((resolve, reject) => {
      const call = { items, resolve, reject };
      const waiting = this.#waiting.get(tenant);
      if (waiting) return void waiting.add(call);
      const calls = new WaitingCalls<Call>(MAX_ROWS);
      calls.add(call);
      this.#waiting.set(tenant, calls);
      this.#takeTurn(tenant, calls);
    });
  }

  /** Asks for a turn at the log, and for another one after it as long as calls wait. */
  #takeTurn(tenant: string, waiting: WaitingCalls<Call>): void {
    const log = this.#writer.tenantLog(tenant);
    log.turns
      .run(() => this.#turn(tenant, log, waiting))
      // Nothing of the turn was begun: each failure after that is the answer to the calls that it is about.
      .catch((error: unknown) => reject(waiting.takeAll(), error))
      .finally(() => {
        if (waiting.calls > 0) this.#takeTurn(tenant, waiting);
        else this.#waiting.delete(tenant);
      });
  }

  /** Appends what waits, and what comes meanwhile unless somebody else waits for a turn. */
  async #turn(tenant: string, log: TenantLog, waiting: WaitingCalls<Call>): Promise<void> {
    const pipeline = new AppendPipeline<readonly Call[]>(tenant, log, this.#tenants.of(tenant));
    try {
      for (
        let first = true;
        first || pipeline.length > 0 || this.#maySend(log, waiting, pipeline);
        first = false
      ) {
        const oldest = pipeline.oldest;
        if (first || this.#maySend(log, waiting, pipeline)) {
          const calls = waiting.take();
          if (!(await this.#send(log, pipeline, calls))) {
            await this.#land(tenant, log, pipeline);
            pipeline.release();
            await this.#answerLocked(tenant, log, calls);
          }
        } else if (oldest && (await Promise.race([oldest.outcome.then(() => true), waiting.grown()]))) {
          await this.#land(tenant, log, pipeline, 1);
        }
      }
    } finally {
      pipeline.release();
    }
  }

  #maySend(log: TenantLog, waiting: WaitingCalls<Call>, pipeline: AppendPipeline<readonly Call[]>): boolean {
    if (waiting.calls === 0 || log.turns.waiting > 0 || pipeline.isBroken) return false;
    if (pipeline.length === 0) return true;
    return pipeline.length < MAX_FLIGHTS && pipeline.mayBeFollowed && waiting.rows >= MIN_ROWS_BEHIND;
  }

  /** Plans a batch from memory and sends it; false where only the log can tell what becomes of it. */
  async #send(
    log: TenantLog,
    pipeline: AppendPipeline<readonly Call[]>,
    calls: readonly Call[],
  ): Promise<boolean> {
    const head = log.head;
    if (head === undefined) return false;
    const ts = this.#now();
    try {
      // What it has to look up is read over the same connection, so after what is under way.
      const client = await pipeline.connection();
      const items = calls.flatMap((call) => call.items);
      const plan = await makePlan(client, log, items, ts);
      // Where nothing is appended the head is not checked, so it may be behind what the duplicates duplicate.
      if (plan.appended.length === 0) return false;
      pipeline.send(client, { batch: calls, head, plan, ts });
      return true;
    } catch (error) {
      // The way under the lock has a connection of its own, and says what is wrong if that fails too.
      pipeline.blame(error);
      return false;
    }
  }

  /** Answers the `count` oldest of what is under way, or all of it once one of them was not committed. */
  async #land(
    tenant: string,
    log: TenantLog,
    pipeline: AppendPipeline<readonly Call[]>,
    count = pipeline.length,
  ): Promise<void> {
    const again: (readonly Call[])[] = [];
    for (let landed = 0; pipeline.oldest && (landed < count || again.length > 0); landed += 1) {
      const { batch, head, plan, ts, outcome } = pipeline.oldest;
      const committed = await outcome;
      pipeline.shift();
      if (committed === true) {
        this.#announce(tenant, head, plan, ts);
        settle(batch, { verdicts: plan.verdicts, position: head + plan.appended.length });
        continue;
      }
      log.forget();
      count = Number.POSITIVE_INFINITY;
      if (committed === false) again.push(batch);
      else reject(batch, committed);
    }
    if (again.length > 0) pipeline.release();
    for (const calls of again) await this.#answerLocked(tenant, log, calls);
  }

  async #answerLocked(tenant: string, log: TenantLog, calls: readonly Call[]): Promise<void> {
    try {
      log.forget();
      settle(
        calls,
        await this.#commitLocked(
          tenant,
          log,
          calls.flatMap((call) => call.items),
        ),
      );
    } catch (error) {
      log.forget();
      reject(calls, error);
    }
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
      tenant,
      position,
      topic: 'observation',
      type: 'CREATE',
      ts,
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

function reject(calls: readonly Call[], error: unknown): void {
  for (const call of calls) call.reject(explainFailure(error));
}
