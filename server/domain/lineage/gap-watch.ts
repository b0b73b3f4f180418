import type pg from 'pg';
import type { GapDocument, GapKind, LineageEntry, StreamName } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { Append, LogWriter } from '../log/log-writer.ts';
import { appendLineage, type LineageChange } from './append-lineage.ts';
import type { LineageSettings } from './settings.ts';
import { CLOCK, knownEnd, ms, time } from './sql.ts';

/** A gap that lasts, one that was announced, or both: what is to be said is the difference. */
interface Seen {
  readonly tenant: string;
  readonly streamId: number;
  readonly stream: StreamName;
  readonly kind: GapKind;
  /** Since when there is a gap, null if there is none. */
  readonly since: EpochMs | null;
  /** The gap that was announced and not yet closed. */
  readonly open: { readonly id: number; readonly startedAt: EpochMs } | null;
  /** When what was announced ended: before it began if it turned out to be none. */
  readonly endedAt: EpochMs | null;
}

/**
 * Streams that some instance should collect, and those with an open gap; by kind what is so now and what was said. $1 a
 * tenant or null for all, $2 patience with heartbeats, $3 the least length, both in ms, $4 times the cadence.
 */
const SEEN = `
  WITH given AS MATERIALIZED (SELECT ${CLOCK} AS now, $2::float8 AS patience),
  wanted AS (
    SELECT w.tenant, w.stream_id, min(w.changed_at) AS since
      FROM instance_streams w JOIN server_instances i ON i.id = w.instance_id
     WHERE w.wanted AND i.retired_at IS NULL AND ($1::text IS NULL OR w.tenant = $1) GROUP BY w.tenant, w.stream_id
  ), watched AS (
    SELECT s.tenant, s.id, s.uuid, s.name, s.cadence_seconds, w.since
      FROM streams s JOIN wanted w ON w.stream_id = s.id WHERE s.archived_at IS NULL
    UNION
    SELECT s.tenant, s.id, s.uuid, s.name, s.cadence_seconds, w.since
      FROM lineage_gaps g JOIN streams s ON s.id = g.stream_id LEFT JOIN wanted w ON w.stream_id = s.id
     WHERE g.ended_at IS NULL AND ($1::text IS NULL OR g.tenant = $1)
  ), coverage AS (
    SELECT v.*, 'COVERAGE' AS kind,
           CASE WHEN v.since IS NULL OR live.open IS TRUE THEN NULL
                ELSE coalesce(greatest(ended.at, live.at), v.since) END AS gap_since
      FROM watched v CROSS JOIN given
      LEFT JOIN LATERAL (
        SELECT bool_or(e.open) AS open, max(e.at) AS at
          FROM session_streams x JOIN collection_sessions c ON c.id = x.session_id
         CROSS JOIN LATERAL ${knownEnd('given.now', 'given.patience')} AS e
         WHERE x.stream_id = v.id AND x.ended_at IS NULL) AS live ON TRUE
      LEFT JOIN LATERAL (
        SELECT x.ended_at AS at FROM session_streams x
         WHERE x.stream_id = v.id AND x.ended_at IS NOT NULL ORDER BY x.ended_at DESC LIMIT 1) AS ended ON TRUE
  ), data AS (
    SELECT v.*, 'DATA' AS kind,
           CASE WHEN v.since IS NOT NULL
                 AND given.now - last.at > v.cadence_seconds * $4::float8 * interval '1 second' THEN last.at END AS gap_since
      FROM watched v CROSS JOIN given
      LEFT JOIN LATERAL (
        SELECT o.observed_at AS at FROM observations o
         WHERE o.stream_id = v.id AND o.superseded_at IS NULL AND NOT o.retracted
         ORDER BY o.observed_at DESC LIMIT 1) AS last ON TRUE
     WHERE v.cadence_seconds IS NOT NULL
  )
  SELECT n.tenant, n.id AS "streamId", json_build_object('uuid', n.uuid, 'name', n.name) AS stream, n.kind,
         ${ms('n.gap_since')} AS since,
         CASE WHEN g.id IS NOT NULL THEN json_build_object('id', g.id, 'startedAt', ${ms('g.started_at')}) END AS open,
         ${ms(`CASE WHEN n.since IS NULL THEN given.now
                    WHEN n.kind = 'COVERAGE' THEN (
                      SELECT min(x.started_at) FROM session_streams x
                       WHERE x.stream_id = n.id AND (x.ended_at IS NULL OR x.ended_at > g.started_at))
                    ELSE (SELECT min(o.observed_at) FROM observations o
                           WHERE o.stream_id = n.id AND o.observed_at > g.started_at
                             AND o.superseded_at IS NULL AND NOT o.retracted) END`)} AS "endedAt"
    FROM (SELECT * FROM coverage UNION ALL SELECT * FROM data) AS n CROSS JOIN given
    LEFT JOIN lineage_gaps g ON g.stream_id = n.id AND g.kind = n.kind::"GapKind" AND g.ended_at IS NULL
   WHERE (g.id IS NULL AND n.gap_since IS NOT NULL AND n.gap_since <= given.now - $3::float8 * interval '1 millisecond')
      OR (g.id IS NOT NULL AND (n.gap_since IS NULL OR n.gap_since > g.started_at))`;

/** Says when gaps open and when they close. Any number of processes may look at once: each gap is announced once. */
export class GapWatch {
  readonly #pool: pg.Pool;
  readonly #writer: LogWriter;
  readonly #settings: LineageSettings;

  constructor(pool: pg.Pool, writer: LogWriter, settings: LineageSettings) {
    this.#pool = pool;
    this.#writer = writer;
    this.#settings = settings;
  }

  /** Looks at every tenant, and writes where there is something to say. */
  async look(): Promise<void> {
    const { rows } = await this.#pool.query<Seen>({
      name: 'lineage-gaps-seen',
      text: SEEN,
      values: this.#values(null),
    });
    for (const tenant of new Set(rows.map((row) => row.tenant))) {
      await this.#writer.append(tenant, (append) => this.#announce(append, tenant));
    }
  }

  #values(tenant: string | null): unknown[] {
    const { heartbeatTimeoutMs, minGapMs, cadenceFactor } = this.#settings;
    return [tenant, heartbeatTimeoutMs, minGapMs, cadenceFactor];
  }

  /** Looks again under the lock, so that of several that saw the same one says it. */
  async #announce(append: Append, tenant: string): Promise<{ entries: LineageEntry[]; result: undefined }> {
    const { rows } = await append.client.query<Seen>(SEEN, this.#values(tenant));
    const changes = [...(await closed(append, tenant, rows)), ...(await opened(append, tenant, rows))];
    return { entries: await appendLineage(append, tenant, changes), result: undefined };
  }
}

async function opened({ client }: Append, tenant: string, seen: readonly Seen[]): Promise<LineageChange[]> {
  // One that ended while another began is both closed and opened.
  const all = seen.filter((row): row is Seen & { since: EpochMs } => row.since !== null);
  if (all.length === 0) return [];
  const { rows } = await client.query<{ id: number; n: number }>(
    `WITH g AS (
       SELECT * FROM unnest($2::int[], $3::text[], $4::float8[]) WITH ORDINALITY AS g(stream_id, kind, since, n)
     ), made AS (
       INSERT INTO lineage_gaps (tenant, stream_id, kind, started_at)
       SELECT $1, stream_id, kind::"GapKind", ${time('since')} FROM g RETURNING id, stream_id, kind
     )
     SELECT made.id, g.n::int FROM made JOIN g ON g.stream_id = made.stream_id AND g.kind = made.kind::text ORDER BY g.n`,
    [tenant, all.map((row) => row.streamId), all.map(({ kind }) => kind), all.map(({ since }) => since)],
  );
  return rows.flatMap(({ id, n }) => {
    const row = all[n - 1];
    return row ? [{ type: 'CREATE' as const, document: gap(row, id, row.since, null) }] : [];
  });
}

async function closed({ client }: Append, tenant: string, seen: readonly Seen[]): Promise<LineageChange[]> {
  const ending = seen.flatMap((row) =>
    row.open
      ? [{ row, id: row.open.id, startedAt: row.open.startedAt, endedAt: row.endedAt ?? row.open.startedAt }]
      : [],
  );
  if (ending.length === 0) return [];
  await client.query(
    `UPDATE lineage_gaps g SET ended_at = greatest(g.started_at, ${time('e.ended')})
       FROM unnest($2::int[], $3::float8[]) AS e(id, ended) WHERE g.tenant = $1 AND g.id = e.id`,
    [tenant, ending.map(({ id }) => id), ending.map(({ endedAt }) => endedAt)],
  );
  return ending.map(({ row, id, startedAt, endedAt }) => {
    const before = gap(row, id, startedAt, null);
    // It turned out to be none: who was taken for dead had gone on collecting.
    if (endedAt <= startedAt) return { type: 'DELETE', document: before, before };
    return { type: 'UPDATE', document: gap(row, id, startedAt, endedAt), before };
  });
}

function gap({ stream, kind }: Seen, id: number, startedAt: EpochMs, endedAt: EpochMs | null): GapDocument {
  return { kind: 'gap', id, of: kind, stream, startedAt, endedAt };
}
