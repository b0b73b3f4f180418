import { setImmediate as endOfTurn } from 'node:timers/promises';
import pg from 'pg';
import type { EpochMs } from '../../../schema/time.ts';
import { SILENCE_MS } from '../log/shared-turn.ts';
import { type LogEnd, moveStatement, rowsStatement } from './append-statement.ts';
import type { ChainPlan } from './chain-plan.ts';

/**
 * Whoever waits for the places of rows that lie there without their turn, or they for somebody's, is let on after a while,
 * even if this process has stopped in between.
 */
const BEGIN = `BEGIN; SET LOCAL lock_timeout = ${SILENCE_MS}; SET LOCAL idle_in_transaction_session_timeout = ${SILENCE_MS}`;

/**
 * A batch whose rows are inserted, over a connection of their own, while what comes before them in the log is still
 * being written. Nobody sees them until `commit`, which moves the head past them, or takes them back where that is
 * elsewhere than it was to be.
 */
export class AppendAhead {
  readonly #client: pg.PoolClient;
  readonly #tenant: string;
  readonly #after: LogEnd;
  readonly #plan: ChainPlan;
  readonly #began = performance.now();
  /** Why the rows can't be committed, once that is known. */
  #failure: Error | undefined;
  #broken: Error | undefined;
  #isReleased = false;

  constructor(client: pg.PoolClient, tenant: string, after: LogEnd, plan: ChainPlan, ts: EpochMs) {
    this.#client = client;
    this.#tenant = tenant;
    this.#after = after;
    this.#plan = plan;
    // The server ends the connection of one that was idle too long.
    client.on('error', this.#onBroken);
    for (const statement of [BEGIN, rowsStatement(tenant, after.head, plan, ts)]) {
      client.query(statement).catch((error: Error) => {
        this.#failure = error;
      });
    }
  }

  /**
   * True once it is committed, false if the head was elsewhere or the rows were lost before, an error where nobody knows
   * which. To be called when what comes before it is committed. Never rejects.
   */
  async commit(): Promise<boolean | Error> {
    // After a pause of this process, what the server said meanwhile is read first: whether the rows are still there.
    if (performance.now() - this.#began > SILENCE_MS / 2) await endOfTurn();
    if (this.#failure || this.#broken) {
      await this.rollback();
      return false;
    }
    const moved = this.#client.query(moveStatement(this.#tenant, this.#after, this.#plan)).then(
      () => true,
      (error: Error) => error,
    );
    // A transaction in which anything failed is rolled back by this, and says so.
    const ended = this.#client.query('COMMIT').then(
      ({ command }) => command === 'COMMIT',
      (error: Error) => error,
    );
    const [move, end] = await Promise.all([moved, ended]);
    if (end instanceof Error) this.#broken = end;
    this.#release();
    return move instanceof pg.DatabaseError ? false : end;
  }

  /** Takes the rows back. Never rejects. */
  async rollback(): Promise<void> {
    await this.#client.query('ROLLBACK').catch(this.#onBroken);
    this.#release();
  }

  readonly #onBroken = (error: Error): void => {
    this.#broken = error;
  };

  #release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#client.off('error', this.#onBroken);
    this.#client.release(this.#broken);
  }
}
