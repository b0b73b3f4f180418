import type pg from 'pg';
import type { LineageDocument } from '../../../../schema/log-entry.ts';
import { CLOCK, ms } from '../sql.ts';
import { post, type WebhookSettings } from './webhook.ts';

export interface AlertSettings extends WebhookSettings {
  /** First wait after a failure; doubled up to the longest. @default 1000 */
  readonly firstWaitMs?: number;
  /** @default 300000 */
  readonly longestWaitMs?: number;
  /** Older alerts are given up. @default a day */
  readonly maxAgeMs?: number;
  /** How often it looks for alerts that are due. @default 1000 */
  readonly everyMs?: number;
}

const DEFAULTS = { firstWaitMs: 1_000, longestWaitMs: 300_000, maxAgeMs: 86_400_000, everyMs: 1_000 };
/** Alerts that are sent at a time. */
const LOT = 10;
/** How long alerts that were heard, or given up, are kept. */
const KEPT = '7 days';

interface Due {
  readonly tenant: string;
  readonly position: string;
  readonly alert: { readonly type: string; readonly document: LineageDocument };
  readonly at: number;
  readonly attempts: number;
}

/**
 * Posts alerts to the webhook, at least once each: the next attempt is in the database before the present one begins, so
 * that a process that dies neither loses an alert nor sends it all over. Any number of processes share the work.
 */
export class AlertSender {
  readonly #pool: pg.Pool;
  readonly #settings: Required<AlertSettings>;
  readonly #onFailure: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(pool: pg.Pool, settings: AlertSettings, onFailure: (error: unknown) => void) {
    this.#pool = pool;
    this.#settings = { ...DEFAULTS, timeoutMs: 10_000, ...settings };
    this.#onFailure = onFailure;
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#round = this.send()
        .catch(this.#onFailure)
        .then(() => {
          if (!this.#stopped) this.start();
        });
    }, this.#settings.everyMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#round;
  }

  /** Sends what is due until nothing is; an alert that fails waits for its next time. */
  async send(): Promise<void> {
    await this.#tidy();
    for (let due = await this.#take(); due.length > 0 && !this.#stopped; due = await this.#take()) {
      await Promise.all(due.map((alert) => this.#sendOne(alert)));
    }
  }

  async #sendOne({ tenant, position, alert, at, attempts }: Due): Promise<void> {
    const id = `${tenant}/${position}`;
    const body = JSON.stringify({
      id,
      tenant,
      position: Number(position),
      at: new Date(at).toISOString(),
      ...alert,
    });
    try {
      await post(this.#settings, id, body);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const { firstWaitMs, longestWaitMs } = this.#settings;
      const wait = Math.min(longestWaitMs, firstWaitMs * 2 ** (attempts - 1));
      await this.#pool.query(
        `UPDATE lineage_alerts SET failure = $3, next_at = ${CLOCK} + $4 * interval '1 millisecond'
          WHERE tenant = $1 AND position = $2 AND next_at IS NOT NULL`,
        [tenant, position, reason.slice(0, 500), wait],
      );
      this.#onFailure(new Error(`alert ${id}, attempt ${attempts}: ${reason}`, { cause: error }));
      return;
    }
    await this.#pool.query(
      `UPDATE lineage_alerts SET heard_at = ${CLOCK}, next_at = NULL, failure = NULL WHERE tenant = $1 AND position = $2`,
      [tenant, position],
    );
  }

  /** Those that are due, oldest first; nobody else takes them while this attempt may last. */
  async #take(): Promise<readonly Due[]> {
    const { firstWaitMs, timeoutMs } = this.#settings;
    const { rows } = await this.#pool.query<Due>(
      `UPDATE lineage_alerts a
          SET attempts = a.attempts + 1, next_at = ${CLOCK} + $2 * interval '1 millisecond'
         FROM (SELECT tenant, position FROM lineage_alerts WHERE next_at <= ${CLOCK}
                ORDER BY created_at, position LIMIT $1 FOR UPDATE SKIP LOCKED) AS due
        WHERE a.tenant = due.tenant AND a.position = due.position
       RETURNING a.tenant, a.position, a.document AS alert, ${ms('a.created_at')} AS at, a.attempts`,
      [LOT, timeoutMs + firstWaitMs],
    );
    return rows;
  }

  async #tidy(): Promise<void> {
    await this.#pool.query(
      `WITH given_up AS (
         UPDATE lineage_alerts SET next_at = NULL, failure = coalesce(failure, 'too old')
          WHERE next_at IS NOT NULL AND created_at < ${CLOCK} - $1 * interval '1 millisecond'
       ) DELETE FROM lineage_alerts WHERE next_at IS NULL AND created_at < ${CLOCK} - interval '${KEPT}'`,
      [this.#settings.maxAgeMs],
    );
  }
}
