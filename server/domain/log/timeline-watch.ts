import type pg from 'pg';
import { PresageError } from '../../../schema/errors.ts';
import { Regularly } from '../regularly.ts';
import type { FoundHead, Timelines, WentBack } from './timelines.ts';

/** How often the heads of logs are looked at, in ms. */
const EVERY_MS = 1_000;

export interface TimelineWatchParts {
  readonly pool: pg.Pool;
  readonly timelines: Timelines;
  readonly wentBack: Promise<WentBack>;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Looks whether the logs still have what this process has seen of them, whether or not anybody reads them. Where rows were
 * taken out of a log beneath a database that went on running, which shows in nothing else, it has the next writer begin a timeline.
 */
export class TimelineWatch {
  readonly #parts: TimelineWatchParts;
  readonly #regularly: Regularly;

  constructor(parts: TimelineWatchParts) {
    this.#parts = parts;
    this.#regularly = new Regularly(() => this.look(), EVERY_MS, parts.onFailure);
  }

  start(): void {
    const { wentBack, onFailure } = this.#parts;
    void wentBack.then((fact) => this.#endTimeline(fact)).catch(onFailure);
    this.#regularly.start();
  }

  stop(): Promise<void> {
    return this.#regularly.stop();
  }

  async look(): Promise<void> {
    const { pool, timelines } = this.#parts;
    const read = async (tenants: readonly string[]): Promise<ReadonlyMap<string, FoundHead>> => {
      const { rows } = await pool.query<FoundHead & { tenant: string }>({
        name: 'watched-heads',
        text: 'SELECT tenant, position::float8 AS position, timeline FROM log_heads WHERE tenant = ANY($1::text[])',
        values: [tenants],
      });
      return new Map(rows.map((row) => [row.tenant, row]));
    };
    await timelines.heads(read).catch(unlessWentBack);
  }

  /** The next writer finds no timeline of this run of the database, and begins one. */
  async #endTimeline({ tenant, seen }: WentBack): Promise<void> {
    await this.#parts.pool.query(
      'UPDATE log_heads SET server_started = NULL WHERE tenant = $1 AND position < $2',
      [tenant, seen],
    );
  }
}

/** That is told to those who listen for it. */
function unlessWentBack(error: unknown): void {
  if (!(error instanceof PresageError)) throw error;
}
