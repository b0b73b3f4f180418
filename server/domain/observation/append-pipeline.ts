import pg from 'pg';
import type { Position } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import { asError } from '../../storage/errors.ts';
import type { Connections } from '../../storage/tenant-connections.ts';
import { catchUp } from '../log/catch-up.ts';
import { SharedTurn, wasSilent } from '../log/shared-turn.ts';
import type { TenantLog } from '../log/tenant-log.ts';
import { AppendAhead } from './append-ahead.ts';
import { appendStatement } from './append-statement.ts';
import type { ChainPlan } from './chain-plan.ts';

/** A batch that is planned on top of those before it. */
export interface PlannedBatch<B> {
  readonly batch: B;
  readonly head: Position;
  /** The timeline of the log that the head is of. */
  readonly timeline: string | undefined;
  readonly plan: ChainPlan;
  readonly ts: EpochMs;
}

/** A batch on its way. */
interface Flight<B> extends PlannedBatch<B> {
  /** True once it is committed, false if the head was elsewhere and nothing was written. Never rejects. */
  outcome: Promise<boolean | Error> | undefined;
  /** Where it is not the first: its rows, which wait for their turn to be committed. */
  readonly ahead?: AppendAhead;
}

/**
 * Batches that are appended to one tenant's log by whoever has the turn. The first is one statement; the rows of those
 * behind it are inserted at the same time, over connections of their own, and committed in their turn. What a batch
 * will leave behind is remembered when it is sent, so that the next is planned on top of it. That is safe since a batch
 * is committed only after the one that it was planned on.
 */
export class AppendPipeline<B> {
  readonly #tenant: string;
  readonly #log: TenantLog;
  readonly #connections: Connections;
  readonly #flights: Flight<B>[] = [];
  #client: pg.PoolClient | undefined;
  #broken: Error | undefined;
  #turn: SharedTurn | undefined;
  /** Whether a batch has been committed. */
  #hasLanded = false;

  constructor(tenant: string, log: TenantLog, connections: Connections) {
    this.#tenant = tenant;
    this.#log = log;
    this.#connections = connections;
  }

  /** Whether its connection must not be used again. */
  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /** Its connection, taken when it is first needed. Rejects if there is none to be had. */
  async connection(): Promise<pg.PoolClient> {
    if (this.#client) return this.#client;
    this.#client = await this.#connections.connect();
    this.#client.on('error', this.#onBroken);
    return this.#client;
  }

  /**
   * Waits for the turn among the processes that write to the log, and learns what the others wrote. Never rejects: without
   * a turn things are done as they were always done, and whoever needs the connection next says what is wrong with it.
   */
  async takeTurn(now: () => EpochMs): Promise<void> {
    try {
      const client = await this.connection();
      const taken = SharedTurn.take(client, this.#tenant);
      // Sent right behind, so that it is asked as soon as the turn has come.
      [this.#turn] = await Promise.all([taken, catchUp(client, this.#tenant, this.#log, now)]);
    } catch (error) {
      // It may have the turn without knowing; without its connection it has not.
      this.#broken = asError(error);
      await this.release();
    }
  }

  /** Hands the turn on, if there is one, as soon as the database has done what was sent over the connection. */
  endTurn(): void {
    void this.#turn?.end();
  }

  /** Whether it is its turn among the processes that write to the log: `none` was taken, or nothing more may begin in it. */
  get turn(): 'none' | 'now' | 'over' {
    if (!this.#turn) return 'none';
    // However slow this process is, it may send what can be under way at a time.
    return this.#turn.isEnded || (this.#hasLanded && this.#turn.isOver) ? 'over' : 'now';
  }

  /** A connection for a batch that is sent ahead, if there is one to spare. */
  async spare(): Promise<pg.PoolClient | undefined> {
    // What is wrong with the database is said to those who can't do without it.
    return this.#connections.spare()?.catch(() => undefined);
  }

  /**
   * Hands the turn on and gives the connection back, once nothing is under way: whoever takes another one meanwhile could
   * otherwise wait for this one for ever.
   */
  async release(): Promise<void> {
    const failure = await this.#turn?.end();
    this.#client?.off('error', this.#onBroken);
    this.#client?.release(this.#broken ?? failure);
    this.#turn = undefined;
    this.#client = undefined;
    this.#broken = undefined;
  }

  get length(): number {
    return this.#flights.length;
  }

  /** The oldest one under way. */
  get oldest(): PlannedBatch<B> | undefined {
    return this.#flights[0];
  }

  /** What becomes of the oldest; with it committed, the next one is the oldest. */
  get outcome(): Promise<boolean | Error> {
    const [oldest] = this.#flights;
    return oldest?.outcome ?? Promise.resolve(false);
  }

  /** The oldest was committed: takes it off, and has the next one committed. */
  shift(): void {
    this.#flights.shift();
    this.#hasLanded = true;
    const [next] = this.#flights;
    if (next?.ahead) next.outcome ??= next.ahead.commit();
  }

  /** The oldest was not committed, so that those behind it can't be: gives them all, once their rows are taken back. */
  async abandon(): Promise<readonly B[]> {
    const [, ...behind] = this.#flights.splice(0);
    await Promise.all(behind.map(({ ahead }) => ahead?.rollback()));
    return behind.map(({ batch }) => batch);
  }

  /** Takes note of why a statement failed: one that the server refused leaves the connection as it was. */
  blame(error: unknown): void {
    if (error instanceof pg.DatabaseError) return;
    this.#broken = asError(error);
  }

  /** Sends the first batch, over `client`, which is its connection. */
  send(client: pg.PoolClient, planned: PlannedBatch<B>): void {
    const { plan, ts } = planned;
    const outcome = client.query(appendStatement(this.#tenant, planned, plan, ts)).then(
      ({ rowCount }) => rowCount === 1,
      (error: Error) => {
        this.blame(error);
        if (!wasSilent(error)) return error;
        this.#broken = error;
        return false;
      },
    );
    this.#add({ ...planned, outcome });
  }

  /** Sends one behind those that are under way, over `client`, which is given back when it is done. */
  sendAhead(client: pg.PoolClient, planned: PlannedBatch<B>): void {
    const { plan, ts } = planned;
    const ahead = new AppendAhead(client, this.#tenant, planned, plan, ts);
    this.#add({ ...planned, ahead, outcome: undefined });
  }

  readonly #onBroken = (error: Error): void => {
    this.#broken = error;
  };

  #add(flight: Flight<B>): void {
    const { head, plan } = flight;
    this.#flights.push(flight);
    this.#log.head = head + plan.appended.length;
    for (const [streamId, { head: end }] of plan.ends) this.#log.chains.set(streamId, end);
  }
}
