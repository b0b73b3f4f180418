import type { Position } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { TenantConnections } from '../../storage/tenant-connections.ts';
import type { LogWriter } from '../log/log-writer.ts';
import type { TenantLog } from '../log/tenant-log.ts';
import { WaitingCalls } from '../log/waiting-calls.ts';
import { AppendPipeline } from './append-pipeline.ts';
import { appendStatement } from './append-statement.ts';
import type { ChainPlan } from './chain-plan.ts';
import { type IngestCall, type IngestReport, itemsOf, reject, settle, toEntries } from './ingest-calls.ts';
import type { JudgedObservation } from './judge.ts';
import { planBatch, planFromMemory } from './plan-batch.ts';

/** Observations of one transaction, at most, unless one call alone has more. */
const MAX_ROWS = 1_000;
/** Batches that are under way at a time: one that is being committed, and those that are inserted meanwhile. */
const MAX_FLIGHTS = 3;
/** Fewer rows than this wait for the answer to what is under way, since more may come to share their statement. */
const MIN_ROWS_AHEAD = 250;
/** How long calls are gathered for a statement while each turn of the event loop brings more of them, in ms. */
const GATHER_MS = 5;

/** Appends observations, those of many calls in one transaction. */
export class Ingest {
  readonly #tenants: TenantConnections;
  readonly #writer: LogWriter;
  readonly #now: () => EpochMs;
  readonly #waiting = new Map<string, WaitingCalls<IngestCall>>();

  constructor(tenants: TenantConnections, writer: LogWriter, now: () => EpochMs) {
    this.#tenants = tenants;
    this.#writer = writer;
    this.#now = now;
  }

  append(tenant: string, items: readonly JudgedObservation[]): Promise<IngestReport> {
    return new Promise((resolve, reject) => {
      const call = { items, resolve, reject };
      const waiting = this.#waiting.get(tenant);
      if (waiting) return void waiting.add(call);
      const calls = new WaitingCalls<IngestCall>(MAX_ROWS);
      calls.add(call);
      this.#waiting.set(tenant, calls);
      this.#takeTurn(tenant, calls);
    });
  }

  /** Asks for a turn at the log, and for another one after it as long as calls wait. */
  #takeTurn(tenant: string, waiting: WaitingCalls<IngestCall>): void {
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
  async #turn(tenant: string, log: TenantLog, waiting: WaitingCalls<IngestCall>): Promise<void> {
    const pipeline = new AppendPipeline<readonly IngestCall[]>(tenant, log, this.#tenants.of(tenant));
    try {
      await this.#begin(log, waiting, pipeline);
      for (
        let first = true;
        first || pipeline.length > 0 || this.#maySend(log, waiting, pipeline);
        first = false
      ) {
        if (first || this.#maySend(log, waiting, pipeline)) {
          if (!first && pipeline.length === 0) await this.#gather(waiting);
          const calls = waiting.take();
          if (await this.#sendAhead(log, pipeline, calls)) continue;
          await this.#land(tenant, log, pipeline);
          if (await this.#send(tenant, log, pipeline, calls)) {
            // A small one is alone in its turn: others go on as soon as the database has it.
            const isInTurn = pipeline.turn === 'now' && waiting.calls === 0;
            if (isInTurn && itemsOf(calls).length < MIN_ROWS_AHEAD) pipeline.endTurn();
          } else {
            await pipeline.release();
            await this.#answerLocked(tenant, log, calls);
          }
        } else if (await Promise.race([pipeline.outcome.then(() => true), waiting.grown(MIN_ROWS_AHEAD)])) {
          await this.#landOldest(tenant, log, pipeline);
        }
      }
    } finally {
      await pipeline.release();
    }
  }

  /** Gathers calls, and waits for the turn among processes if others write to the log, both at the same time. */
  async #begin(
    log: TenantLog,
    waiting: WaitingCalls<IngestCall>,
    pipeline: AppendPipeline<readonly IngestCall[]>,
  ): Promise<void> {
    const turn = log.isShared(this.#now()) ? pipeline.takeTurn(this.#now) : undefined;
    await Promise.all([turn, this.#gather(waiting)]);
  }

  async #gather(waiting: WaitingCalls<IngestCall>): Promise<void> {
    if (waiting.rows < MIN_ROWS_AHEAD) await waiting.gathered(MIN_ROWS_AHEAD, GATHER_MS);
  }

  #maySend(
    log: TenantLog,
    waiting: WaitingCalls<IngestCall>,
    pipeline: AppendPipeline<readonly IngestCall[]>,
  ): boolean {
    if (waiting.calls === 0 || log.turns.waiting > 0 || pipeline.isBroken) return false;
    // Where others write too, all is sent in a turn, and what comes when that is over waits for the next.
    if (pipeline.turn === 'over' || (pipeline.turn === 'none' && log.isShared(this.#now()))) return false;
    if (pipeline.length === 0) return true;
    return pipeline.length < MAX_FLIGHTS && waiting.rows >= MIN_ROWS_AHEAD;
  }

  /** Plans a batch from memory and sends it; false where only the log can tell what becomes of it. */
  async #send(
    tenant: string,
    log: TenantLog,
    pipeline: AppendPipeline<readonly IngestCall[]>,
    calls: readonly IngestCall[],
  ): Promise<boolean> {
    const { head, timeline } = log;
    if (head === undefined || !this.#writer.isTrusted(tenant, log)) return false;
    const ts = this.#now();
    try {
      const client = await pipeline.connection();
      const plan = await planBatch(client, log, itemsOf(calls), ts);
      // Where nothing is appended the head is not checked, so it may be behind what the duplicates duplicate.
      if (plan.appended.length === 0 || pipeline.isBroken) return false;
      pipeline.send(client, { batch: calls, head, timeline, plan, ts });
      return true;
    } catch (error) {
      // The way under the lock has a connection of its own, and says what is wrong if that fails too.
      pipeline.blame(error);
      return false;
    }
  }

  /**
   * Sends a batch behind what is under way; false where there is nothing, where its plan would need to read what is not
   * committed yet, or where there is no connection for it.
   */
  async #sendAhead(
    log: TenantLog,
    pipeline: AppendPipeline<readonly IngestCall[]>,
    calls: readonly IngestCall[],
  ): Promise<boolean> {
    const { head, timeline } = log;
    if (pipeline.length === 0 || head === undefined) return false;
    const ts = this.#now();
    const plan = planFromMemory(log, itemsOf(calls), ts);
    const client = plan && (await pipeline.spare());
    if (!client) return false;
    pipeline.sendAhead(client, { batch: calls, head, timeline, plan, ts });
    return true;
  }

  /** Answers all that is under way. */
  async #land(
    tenant: string,
    log: TenantLog,
    pipeline: AppendPipeline<readonly IngestCall[]>,
  ): Promise<void> {
    while (pipeline.oldest) await this.#landOldest(tenant, log, pipeline);
  }

  /** Answers the oldest one under way, and does all again if it was not committed. */
  async #landOldest(
    tenant: string,
    log: TenantLog,
    pipeline: AppendPipeline<readonly IngestCall[]>,
  ): Promise<void> {
    const oldest = pipeline.oldest;
    if (!oldest) return;
    const { batch, head, plan, ts } = oldest;
    const committed = await pipeline.outcome;
    if (committed === true) {
      pipeline.shift();
      const through = head + plan.appended.length;
      this.#writer.announce(tenant, through, (timeline) => toEntries({ tenant, head, timeline, plan, ts }));
      settle(batch, { verdicts: plan.verdicts, position: through });
      return;
    }
    const behind = await pipeline.abandon();
    await pipeline.release();
    log.forget();
    if (committed === false) log.othersWroteAt = this.#now();
    if (committed !== false) reject(batch, committed);
    for (const calls of committed === false ? [batch, ...behind] : behind) {
      await this.#answerLocked(tenant, log, calls);
    }
  }

  async #answerLocked(tenant: string, log: TenantLog, calls: readonly IngestCall[]): Promise<void> {
    try {
      settle(calls, await this.#commitLocked(tenant, log, itemsOf(calls)));
    } catch (error) {
      log.forget();
      reject(calls, error);
    }
  }

  /** The way when another process may have moved the head: lock it first, then look. */
  #commitLocked(tenant: string, log: TenantLog, items: readonly JudgedObservation[]): Promise<IngestReport> {
    return this.#writer.appendInTurn(tenant, log, async ({ client, head, timeline, ts }) => {
      const plan = await planBatch(client, log, items, ts);
      const position = head + plan.appended.length;
      if (plan.appended.length > 0) {
        await client.query(appendStatement(tenant, { head, timeline }, plan, ts));
        remember(log, plan, head);
      }
      return {
        entries: toEntries({ tenant, head, timeline, plan, ts }),
        result: { verdicts: plan.verdicts, position },
      };
    });
  }
}

function remember(log: TenantLog, plan: ChainPlan, head: Position): void {
  log.head = head;
  for (const [streamId, { head: end }] of plan.ends) log.chains.set(streamId, end);
}
