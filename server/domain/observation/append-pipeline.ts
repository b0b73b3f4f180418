import pg from 'pg';
import type { Position } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { Connections } from '../../storage/tenant-connections.ts';
import type { TenantLog } from '../log/tenant-log.ts';
import { appendStatement, mayBeFollowed } from './append-statement.ts';
import type { ChainPlan } from './chain-plan.ts';

/** A batch's statement on its way. */
export interface Flight<B> {
  readonly batch: B;
  readonly head: Position;
  readonly plan: ChainPlan;
  readonly ts: EpochMs;
  /** True once it is committed, false if the head was elsewhere and nothing was written. Never rejects. */
  readonly outcome: Promise<boolean | Error>;
}

/**
 * Statements that append to one tenant's log, sent over one connection without waiting for one another, by whoever has
 * the turn. What a statement will leave behind is remembered when it is sent, so that the next is planned on top of it.
 * That is safe since a statement sent behind another writes nothing unless that one did.
 */
export class AppendPipeline<B> {
  readonly #tenant: string;
  readonly #log: TenantLog;
  readonly #connections: Connections;
  readonly #flights: Flight<B>[] = [];
  #client: pg.PoolClient | undefined;
  #broken: Error | undefined;

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
    this.#client ??= await this.#connections.connect();
    return this.#client;
  }

  /**
   * Gives the connection back, once nothing is under way: whoever takes another one meanwhile could otherwise wait for
   * this one for ever.
   */
  release(): void {
    this.#client?.release(this.#broken);
    this.#client = undefined;
    this.#broken = undefined;
  }

  get length(): number {
    return this.#flights.length;
  }

  /** Whether a statement may be sent behind the newest one that is under way. */
  get mayBeFollowed(): boolean {
    const newest = this.#flights.at(-1);
    return newest === undefined || mayBeFollowed(newest.plan);
  }

  /** The oldest one under way. */
  get oldest(): Flight<B> | undefined {
    return this.#flights[0];
  }

  shift(): void {
    this.#flights.shift();
  }

  /** Takes note of why a statement failed: one that the server refused leaves the connection as it was. */
  blame(error: unknown): void {
    if (error instanceof pg.DatabaseError) return;
    this.#broken = error instanceof Error ? error : new Error(String(error));
  }

  /** Sends a batch over `client`, which is its connection. */
  send(client: pg.PoolClient, { batch, head, plan, ts }: Omit<Flight<B>, 'outcome'>): void {
    const statement = appendStatement(this.#tenant, head, plan, ts, this.#flights.length > 0);
    const outcome = client.query(statement).then(
      ({ rowCount }) => rowCount === 1,
      (error: Error) => {
        this.blame(error);
        return error;
      },
    );
    this.#flights.push({ batch, head, plan, ts, outcome });
    this.#log.head = head + plan.appended.length;
    for (const [streamId, { head: end }] of plan.ends) this.#log.chains.set(streamId, end);
  }
}
