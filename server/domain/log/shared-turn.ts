import type pg from 'pg';

/** How long a process has the turn while others may wait for it, in ms. */
const TURN_MS = 30;
/**
 * How long a process that keeps others from writing may say nothing to the database, in ms. PostgreSQL ends its connection
 * then, and with that its turn, its locks and its uncommitted rows: one that has stopped holds nobody up for longer.
 */
export const SILENCE_MS = 1_000;

const KEY = "hashtextextended('presage turn ' || $1, 0)";

/**
 * The turn at a tenant's log that the processes which write to it share: PostgreSQL gives it to them in the order in which
 * they ask. It keeps them from overtaking one another and guards nothing: whoever writes without it, or loses it without
 * noticing, finds the head of the log elsewhere and does its work again (decision 0073).
 */
export class SharedTurn {
  readonly #client: pg.PoolClient;
  readonly #tenant: string;
  readonly #until = performance.now() + TURN_MS;
  #ended: Promise<Error | undefined> | undefined;

  private constructor(client: pg.PoolClient, tenant: string) {
    this.#client = client;
    this.#tenant = tenant;
  }

  /** Waits for the turn over `client`, which must be thrown away if this rejects. */
  static async take(client: pg.PoolClient, tenant: string): Promise<SharedTurn> {
    await client.query({
      name: 'take-turn',
      text: `SELECT pg_advisory_lock(${KEY}), set_config('idle_session_timeout', '${SILENCE_MS}', false)`,
      values: [tenant],
    });
    return new SharedTurn(client, tenant);
  }

  /** The same until the end of the transaction over `client`. */
  static async takeInTransaction(client: pg.PoolClient, tenant: string): Promise<void> {
    await client.query({
      name: 'take-turn-in-transaction',
      text: `SELECT pg_advisory_xact_lock(${KEY})`,
      values: [tenant],
    });
  }

  /** Whether it has been handed on. */
  get isEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** Whether its time is over, and it has to be handed on. */
  get isOver(): boolean {
    return performance.now() > this.#until;
  }

  /**
   * Hands it on behind all that was sent over the connection. Resolves when that is done, with an error if the connection
   * must be thrown away. Never rejects.
   */
  end(): Promise<Error | undefined> {
    this.#ended ??= this.#client
      .query({
        name: 'end-turn',
        text: `SELECT pg_advisory_unlock(${KEY}), set_config('idle_session_timeout', NULL, false)`,
        values: [this.#tenant],
      })
      .then(
        () => undefined,
        (error: Error) => error,
      );
    return this.#ended;
  }
}

/** SQLSTATEs of a connection that was ended because it was silent, between statements of a transaction or others. */
const SILENCED = new Set(['25P03', '57P05']);

/** Whether PostgreSQL ended the connection after `SILENCE_MS`; what was sent over it after that was not run. */
export function wasSilent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && SILENCED.has(String(error.code));
}
