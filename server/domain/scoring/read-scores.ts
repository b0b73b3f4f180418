import type { Position, ScoreDocument } from '../../../schema/log-entry.ts';
import type { Queryable } from '../../storage/tenant-connections.ts';
import type { StreamCatalog } from '../stream/stream-catalog.ts';
import { readScoreContext } from './score-context.ts';
import { SCORE_COLUMNS, type ScoreRow, toScore } from './score-row.ts';

/** The present scores of these predictions, by the predictions' ids; none while a target is not in or is retracted. */
export async function readScores(
  pool: Queryable,
  catalog: StreamCatalog,
  tenant: string,
  predictionIds: readonly Position[],
): Promise<ReadonlyMap<Position, ScoreDocument>> {
  const { rows } = await pool.query<ScoreRow>({
    text: `SELECT ${SCORE_COLUMNS} FROM unnest($2::bigint[]) AS w(id)
            CROSS JOIN LATERAL (
              SELECT * FROM scores x WHERE x.tenant = $1 AND x.prediction_id = w.id
                 AND x.superseded_at IS NULL AND NOT x.voided OFFSET 0) AS c`,
    values: [tenant, predictionIds],
  });
  const context = await readScoreContext(pool, catalog, tenant, rows);
  return new Map(rows.map((row) => [row.predictionId, toScore(row, context)]));
}

/** The revisions before these, by the position of the one that replaced it. */
export async function readBefore(
  db: Queryable,
  tenant: string,
  scores: readonly ScoreRow[],
): Promise<ReadonlyMap<Position, ScoreRow>> {
  if (scores.length === 0) return new Map();
  const { rows } = await db.query<ScoreRow & { replacedBy: Position }>({
    text: `SELECT ${SCORE_COLUMNS}, w.position::float8 AS "replacedBy"
             FROM unnest($2::bigint[], $3::int[], $4::bigint[]) AS w(id, revision, position)
            CROSS JOIN LATERAL (
              SELECT * FROM scores x WHERE x.tenant = $1 AND x.prediction_id = w.id AND x.revision = w.revision - 1
              OFFSET 0) AS c`,
    values: [
      tenant,
      scores.map((score) => score.predictionId),
      scores.map((score) => score.revision),
      scores.map((score) => score.position),
    ],
  });
  return new Map(rows.map((row) => [row.replacedBy, row]));
}
