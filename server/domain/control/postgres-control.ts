import pg from 'pg';
import { z } from 'zod';
import { settingsOf } from '../../storage/database-url.ts';
import { beginSession } from '../../storage/session.ts';
import type { Control, ControlEvent, ControlListener } from './control.ts';

interface ControlLogger {
  warn(fields: object, message: string): void;
}

interface PostgresControlParts {
  readonly url: string;
  readonly logger: ControlLogger;
  /** Pace of the poll, which finds what no notification told of. @default 400 */
  readonly pollMs?: number;
}

const CHANNEL = 'presage_control';
const POLL_MS = 400;
/** How long a poll may take before its connection counts as broken. */
const PATIENCE_MS = 2_000;
/** What changed so lately is announced at every poll: a peer that slips through just then is caught by the next one. */
const LOOK_BACK_SECONDS = 5;
/** After a longer silence a change may have been missed. */
const SILENCE_MS = 4_000;

const EVENT = z.object({ kind: z.literal('peer'), tenant: z.string(), publicKey: z.string() });

/**
 * Events by Postgres: NOTIFY tells at once, and a poll of what changed lately finds what was not heard, on the same
 * connection, so that one that is dead without saying so is noticed and replaced.
 */
export class PostgresControl implements Control {
  readonly #parts: PostgresControlParts;
  readonly #listeners = new Set<ControlListener>();
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #heardAt = Date.now();
  #closed = false;

  private constructor(parts: PostgresControlParts) {
    this.#parts = parts;
  }

  /** Rejects if the database can't be reached. */
  static async open(parts: PostgresControlParts): Promise<PostgresControl> {
    const control = new PostgresControl(parts);
    control.#client = await control.#connect();
    control.#schedule();
    return control;
  }

  async announce(event: ControlEvent): Promise<void> {
    if (event.kind !== 'peer') return this.#tell(event);
    try {
      await this.#client?.query('SELECT pg_notify($1, $2)', [CHANNEL, JSON.stringify(event)]);
    } catch (error) {
      this.#parts.logger.warn(
        { err: error },
        'a change was not announced; others learn of it by their polls',
      );
    }
    // This process need not wait for its own notification.
    this.#tell(event);
  }

  listen(listener: ControlListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#round;
    await this.#client?.end().catch(() => undefined);
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#round = this.#poll().finally(() => this.#schedule());
    }, this.#parts.pollMs ?? POLL_MS);
    this.#timer.unref();
  }

  /** Never rejects. */
  async #poll(): Promise<void> {
    try {
      this.#client ??= await this.#connect();
      const { rows } = await this.#client.query<{ tenant: string; publicKey: string }>({
        name: 'lately-changed-peers',
        text: `SELECT tenant, public_key AS "publicKey" FROM peers
                WHERE changed_at > now() - interval '${LOOK_BACK_SECONDS} seconds'`,
      });
      if (Date.now() - this.#heardAt > SILENCE_MS) this.#tell({ kind: 'everything' });
      this.#heardAt = Date.now();
      for (const peer of rows) this.#tell({ kind: 'peer', ...peer });
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'the control channel is away; it is opened again');
      this.#drop();
    }
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#parts.url,
      application_name: 'presage control',
      connectionTimeoutMillis: PATIENCE_MS,
      query_timeout: PATIENCE_MS,
    });
    client.on('error', () => this.#drop());
    client.on('notification', ({ payload }) => this.#hear(payload ?? ''));
    try {
      await client.connect();
      await beginSession(client, settingsOf(this.#parts.url));
      await client.query(`LISTEN ${CHANNEL}`);
      return client;
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
  }

  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.end().catch(() => undefined);
  }

  #hear(payload: string): void {
    try {
      this.#tell(EVENT.parse(JSON.parse(payload)));
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'a notification on the control channel is not understood');
    }
  }

  #tell(event: ControlEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
