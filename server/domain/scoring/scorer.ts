import type pg from 'pg';
import type { Position, ScoreEntry, WrittenTopic } from '../../../schema/log-entry.ts';
import { type ConsumerTask, moveConsumer, passOver } from '../log/log-consumer.ts';
import type { Append, LogWriter } from '../log/log-writer.ts';
import { PredictedTenants } from '../prediction/predicted-tenants.ts';
import type { StreamCatalog } from '../stream/stream-catalog.ts';
import { insertScores } from './insert-scores.ts';
import { insertTallies } from './insert-tallies.ts';
import { insertTargets } from './insert-targets.ts';
import { nextPage, type ScoringPage } from './next-page.ts';
import { readBefore } from './read-scores.ts';
import { rescore } from './rescore.ts';
import { readScoreContext } from './score-context.ts';
import { scoreEntries } from './score-entries.ts';
import type { ScoreRow } from './score-row.ts';

/** Names the scorer's place in the log. */
const SCORER = 'scorer';
/** Scores of one transaction that are aimed at: the log is locked while they are written. */
const AIM = 5_000;
const MAX_ARRIVALS = 1_000;

/**
 * Scores predictions as their targets enter the log. Scores, sums and the scorer's own position are written in one
 * transaction under the log's lock: whatever is killed when, each target is scored once.
 */
export class Scorer implements ConsumerTask {
  readonly name = SCORER;
  readonly wokenBy: ReadonlySet<WrittenTopic> = new Set<WrittenTopic>(['observation']);
  readonly #pool: pg.Pool;
  readonly #writer: LogWriter;
  readonly #catalog: StreamCatalog;
  readonly #predicted: PredictedTenants;
  /** Targets taken at a time, by how many scores the last ones made. */
  #arrivals = 16;

  constructor(pool: pg.Pool, writer: LogWriter, catalog: StreamCatalog) {
    this.#pool = pool;
    this.#writer = writer;
    this.#catalog = catalog;
    this.#predicted = new PredictedTenants(pool);
  }

  async step(tenant: string, after: Position, through: Position): Promise<Position> {
    const page = (await this.#predicted.has(tenant))
      ? await nextPage(this.#pool, tenant, { after, through, limit: this.#arrivals })
      : ({ kind: 'nothing', through } as const);
    if (page.kind === 'nothing') {
      await passOver(this.#pool, { tenant, name: SCORER, from: after, to: page.through });
      return page.through;
    }
    return this.#writer.append(tenant, async (append) => {
      // Moved first: whoever else works on the same page waits here, and then finds that it is done.
      const move = { tenant, name: SCORER, from: after, to: page.through };
      if (!(await moveConsumer(append.client, move))) return { entries: [], result: after };
      const rows = await score(append, tenant, page);
      if (page.kind === 'arrivals') this.#aim(page.positions.length, rows.length);
      const entries = await this.#entries(append.client, tenant, rows);
      if (append.head > page.through) return { entries, result: page.through };
      // Nothing but its own scores is after the page, which are nothing to it.
      const result = append.head + entries.length;
      await moveConsumer(append.client, { tenant, name: SCORER, from: page.through, to: result });
      return { entries, result };
    });
  }

  #aim(targets: number, scores: number): void {
    const wanted = Math.floor((targets * AIM) / Math.max(scores, 1));
    this.#arrivals = Math.max(1, Math.min(wanted, this.#arrivals * 2, MAX_ARRIVALS));
  }

  async #entries(
    client: pg.PoolClient,
    tenant: string,
    rows: readonly ScoreRow[],
  ): Promise<readonly ScoreEntry[]> {
    const before = await readBefore(
      client,
      tenant,
      rows.filter(({ revision }) => revision > 0),
    );
    const context = await readScoreContext(client, this.#catalog, tenant, [...rows, ...before.values()]);
    return scoreEntries(tenant, rows, before, context);
  }
}

async function score(
  append: Append,
  tenant: string,
  page: Exclude<ScoringPage, { kind: 'nothing' }>,
): Promise<readonly ScoreRow[]> {
  const { client, head } = append;
  if (page.kind === 'revision') return rescore(client, tenant, page.position, append);
  await insertTargets(client, tenant, page.positions);
  const rows = await insertScores(client, tenant, page.positions, append);
  await insertTallies(client, tenant, page.positions, { after: head, through: head + rows.length });
  return rows;
}
