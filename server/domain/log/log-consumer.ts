import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import type { Position, WrittenTopic } from '../../../schema/log-entry.ts';
import { asError } from '../../storage/errors.ts';
import type { CommitFeed } from './commit-feed.ts';

/** What a consumer does with a log. */
export interface ConsumerTask {
  /** Names its row of `log_consumers`. */
  readonly name: string;
  /** Entries of these topics wake it; whatever comes otherwise is found by the poll. */
  readonly wokenBy: ReadonlySet<WrittenTopic>;
  /** A consumer that has to be done with a position first; without one the log's head is the limit. */
  readonly follows?: string;
  /**
   * Handles a page of what comes after `after` up to `through`, and moves the consumer: by `moveConsumer` in the same
   * transaction, or by `passOver` where the same again does no harm. Gives the position that it moved to.
   */
  step(tenant: string, after: Position, through: Position): Promise<Position>;
}

export interface ConsumerParts {
  readonly pool: pg.Pool;
  /** Where the connection comes from that holds the claim while a tenant is worked on. */
  readonly claims: pg.Pool;
  readonly feed: CommitFeed;
  /** How often the log is looked at without having been woken, in ms. */
  readonly pollMs: number;
  readonly onFailure: (error: unknown) => void;
}

/**
 * How long a consumer rests between two runs, in ms: under steady load it then takes what several commits wrote by one
 * set of statements, instead of contending with the next commit for the log.
 */
const REST_MS = 25;
/** How long it waits after it was woken, in ms: delivering what was committed, and answering for it, go first. */
const YIELD_MS = 5;

/**
 * Goes through every tenant's log from a durable position. Any number of processes may run the same consumer: an
 * advisory lock lets one of them work on a tenant, and goes over to another when that one's connection ends.
 */
export class LogConsumer {
  readonly #parts: ConsumerParts;
  readonly #task: ConsumerTask;
  /** By tenant: whether it was woken again while it ran or rested. */
  readonly #running = new Map<string, { again: boolean; done: Promise<void> }>();
  #poll: NodeJS.Timeout | undefined;
  #unlisten: (() => void) | undefined;
  #stopping = false;

  constructor(parts: ConsumerParts, task: ConsumerTask) {
    this.#parts = parts;
    this.#task = task;
  }

  start(): void {
    const { feed, pollMs, onFailure } = this.#parts;
    this.#unlisten = feed.listen((tenant, entries) => {
      if (entries.some(({ topic }) => this.#task.wokenBy.has(topic))) this.#wake(tenant);
    });
    const look = () => void this.#wakeBehind().catch(onFailure);
    this.#poll = setInterval(look, pollMs);
    look();
  }

  /** Finishes the page under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#poll);
    this.#unlisten?.();
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  /** Works until nothing is left; returns at once if another process does. Throws what a step throws. */
  async catchUp(tenant: string): Promise<void> {
    while (await this.#run(tenant));
  }

  /** Works up to where the log ends at the last look; false if there was nothing to do, or another process does it. */
  async #run(tenant: string): Promise<boolean> {
    const client = await this.#parts.claims.connect();
    let broken: Error | undefined;
    // A connection that ends while nothing is asked of it would end the process; the next step finds out by itself.
    const onError = (error: Error): void => {
      broken = error;
    };
    client.on('error', onError);
    try {
      if (!(await claim(client, this.#task.name, tenant))) return false;
      const worked = await this.#work(tenant);
      await unclaim(client, this.#task.name, tenant);
      return worked;
    } catch (error) {
      // Ends the connection, and the claim with it.
      broken = asError(error);
      throw error;
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  async #work(tenant: string): Promise<boolean> {
    const { position, through } = await this.#where(tenant);
    for (let from = position; from < through && !this.#stopping; ) {
      const to = await this.#task.step(tenant, from, through);
      // Somebody else has moved it: the next look says where to.
      if (to <= from) break;
      from = to;
    }
    return position < through && !this.#stopping;
  }

  #wake(tenant: string): void {
    if (this.#stopping) return;
    const running = this.#running.get(tenant);
    if (running) {
      running.again = true;
      return;
    }
    const run = { again: false, done: Promise.resolve() };
    this.#running.set(tenant, run);
    run.done = pause(YIELD_MS)
      .then(() => (this.#stopping ? false : this.#run(tenant)))
      .catch(this.#parts.onFailure)
      .then((worked) => {
        setTimeout(() => {
          this.#running.delete(tenant);
          // What was written meanwhile, by whichever process, is there by now.
          if (run.again || worked === true) this.#wake(tenant);
        }, REST_MS).unref();
      });
  }

  async #wakeBehind(): Promise<void> {
    const { rows } = await this.#parts.pool.query<{ tenant: string }>({
      name: `behind-${this.#task.follows ?? 'head'}`,
      text: `SELECT h.tenant FROM log_heads h
               LEFT JOIN log_consumers c ON c.tenant = h.tenant AND c.name = $1
               LEFT JOIN log_consumers f ON f.tenant = h.tenant AND f.name = $2
              WHERE coalesce(c.position, 0) < CASE WHEN $2::text IS NULL THEN h.position ELSE coalesce(f.position, 0) END`,
      values: [this.#task.name, this.#task.follows ?? null],
    });
    for (const { tenant } of rows) this.#wake(tenant);
  }

  async #where(tenant: string): Promise<{ position: Position; through: Position }> {
    const { rows } = await this.#parts.pool.query<{ position: Position; through: Position }>({
      name: 'consumer-position',
      text: `WITH made AS (INSERT INTO log_consumers (tenant, name) VALUES ($1, $2) ON CONFLICT DO NOTHING)
             SELECT coalesce((SELECT position FROM log_consumers WHERE tenant = $1 AND name = $2), 0)::float8 AS position,
                    (CASE WHEN $3::text IS NULL THEN (SELECT position FROM log_heads WHERE tenant = $1)
                          ELSE (SELECT position FROM log_consumers WHERE tenant = $1 AND name = $3) END)::float8 AS through`,
      values: [tenant, this.#task.name, this.#task.follows ?? null],
    });
    return { position: rows[0]?.position ?? 0, through: rows[0]?.through ?? 0 };
  }
}

interface Move {
  readonly tenant: string;
  readonly name: string;
  readonly from: Position;
  readonly to: Position;
}

/** Moves a consumer from where it was found; false if another one moved it meanwhile, whose work must not be doubled. */
export async function moveConsumer(
  db: pg.Pool | pg.PoolClient,
  { tenant, name, from, to }: Move,
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'move-consumer',
    text: 'UPDATE log_consumers SET position = $4 WHERE tenant = $1 AND name = $2 AND position = $3',
    values: [tenant, name, from, to],
  });
  return rowCount === 1;
}

/**
 * The same past what there was nothing to do for, or what was done and committed before: it does not wait for the disk, so
 * that writers don't wait behind it. If the database crashes the consumer may be back where it was, and looks again.
 */
export async function passOver(pool: pg.Pool, { tenant, name, from, to }: Move): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'pass-over',
    text: `WITH unhurried AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
           UPDATE log_consumers SET position = $4 FROM unhurried WHERE tenant = $1 AND name = $2 AND position = $3`,
    values: [tenant, name, from, to],
  });
  return rowCount === 1;
}

async function claim(client: pg.PoolClient, name: string, tenant: string): Promise<boolean> {
  const { rows } = await client.query<{ claimed: boolean }>({
    name: 'claim',
    text: 'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS claimed',
    values: [lockName(name, tenant)],
  });
  return rows[0]?.claimed === true;
}

async function unclaim(client: pg.PoolClient, name: string, tenant: string): Promise<void> {
  await client.query({
    name: 'unclaim',
    text: 'SELECT pg_advisory_unlock(hashtextextended($1, 0))',
    values: [lockName(name, tenant)],
  });
}

function lockName(name: string, tenant: string): string {
  return `presage consumer ${name} of ${tenant}`;
}
