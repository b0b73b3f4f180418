import type pg from 'pg';
import type { LogWriter } from '../log/log-writer.ts';
import type { GapWatch } from './gap-watch.ts';
import type { HandoffService } from './handoff/handoff-service.ts';
import type { LineageSettings } from './settings.ts';
import { sweep, tenantsToSweep } from './sweep.ts';

interface WatchParts {
  readonly pool: pg.Pool;
  readonly writer: LogWriter;
  readonly gaps: GapWatch;
  readonly handoffs: HandoffService;
  readonly settings: LineageSettings;
  readonly onFailure: (error: unknown) => void;
}

/**
 * What somebody has to notice: sessions that fell silent, gaps, handoffs whose next step is due. Every server does it,
 * and whoever comes first writes it down.
 */
export class LineageWatch {
  readonly #parts: WatchParts;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #stopped = false;
  /** Since when the database has answered every round: while it was away, nobody's heartbeat could come through. */
  #heardSince: number | undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#round = this.look()
        .catch((error: unknown) => {
          this.#heardSince = undefined;
          this.#parts.onFailure(error);
        })
        .then(() => {
          if (!this.#stopped) this.start();
        });
    }, this.#parts.settings.watchMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#round;
  }

  /** One round. */
  async look(): Promise<void> {
    const { pool, writer, gaps, handoffs, settings } = this.#parts;
    const { heartbeatTimeoutMs } = settings;
    const tenants = await tenantsToSweep(pool, heartbeatTimeoutMs);
    this.#heardSince ??= performance.now();
    if (performance.now() - this.#heardSince >= heartbeatTimeoutMs) {
      for (const tenant of tenants) await sweep(writer, tenant, heartbeatTimeoutMs);
      await gaps.look();
    }
    const { rows } = await pool.query<{ tenant: string; id: string }>({
      name: 'lineage-unfinished',
      text: 'SELECT h.tenant, h.id FROM handoffs h WHERE h.finished_at IS NULL',
    });
    for (const { tenant, id } of rows) await handoffs.drive(tenant, id);
  }
}
