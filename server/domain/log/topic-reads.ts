import type {
  EntryType,
  LineageEntry,
  LogEntry,
  ObservationEntry,
  PredictionEntry,
  ScoreEntry,
  StreamEntry,
  WrittenTopic,
} from '../../../schema/log-entry.ts';
import { encodeNodeId, observationId } from '../../../schema/node-id.ts';
import type { Queryable } from '../../storage/tenant-connections.ts';
import { readConsensus } from '../consensus/read-entries.ts';
import { type ObservationRow, observationColumns, toObservation } from '../observation/observation-row.ts';
import {
  PREDICTION_COLUMNS,
  PREDICTION_JOINS,
  type PredictionRow,
  toPrediction,
} from '../prediction/prediction-row.ts';
import { readBefore } from '../scoring/read-scores.ts';
import { readScoreContext } from '../scoring/score-context.ts';
import { scoreEntries } from '../scoring/score-entries.ts';
import { SCORE_COLUMNS, type ScoreRow } from '../scoring/score-row.ts';
import type { StreamCatalog } from '../stream/stream-catalog.ts';
import { type Stretch, stretchSql } from './stretch.ts';

export type TopicRead = (
  db: Queryable,
  catalog: StreamCatalog,
  stretch: Stretch,
) => Promise<readonly LogEntry[]>;

/** How the entries of each topic are read from its table: the row is the entry. */
export const TOPIC_READS: Record<WrittenTopic, TopicRead> = {
  observation: readObservations,
  prediction: readPredictions,
  consensus: readConsensus,
  score: readScoreEntries,
  stream: readEvents<StreamEntry>('stream'),
  lineage: readEvents<LineageEntry>('lineage'),
};

async function readObservations(
  db: Queryable,
  catalog: StreamCatalog,
  stretch: Stretch,
): Promise<ObservationEntry[]> {
  const { sql, values } = stretchSql('o', stretch);
  const { rows } = await db.query<{ o: ObservationRow; b: ObservationRow | null }>(
    `SELECT ${observationColumns('o')} AS o,
            CASE WHEN b.position IS NULL THEN NULL ELSE ${observationColumns('b')} END AS b
       FROM observations o JOIN streams s ON s.id = o.stream_id
       LEFT JOIN observations b ON o.revision > 0 AND b.stream_id = o.stream_id
        AND b.observed_at = o.observed_at AND b.revision = o.revision - 1
      ${sql}`,
    values,
  );
  const streams = await catalog.byServerIds(
    stretch.tenant,
    rows.map(({ o }) => o.streamId),
  );
  return rows.map(({ o, b }): ObservationEntry => {
    const document = toObservation(o, streams);
    const before = b && !b.retracted ? toObservation(b, streams) : undefined;
    const type: EntryType = o.retracted ? 'DELETE' : before ? 'UPDATE' : 'CREATE';
    return {
      ...{ tenant: stretch.tenant, position: o.position, topic: 'observation', type, ts: o.ts, document },
      key: observationId(o.streamId, o.observedAt),
      ...(before ? { before } : {}),
    };
  });
}

async function readPredictions(
  db: Queryable,
  catalog: StreamCatalog,
  stretch: Stretch,
): Promise<PredictionEntry[]> {
  const { sql, values } = stretchSql('p', stretch);
  const { rows } = await db.query<{ p: PredictionRow; before: PredictionRow | null }>(
    `SELECT ${PREDICTION_COLUMNS} AS p,
            (SELECT r.p FROM (SELECT ${PREDICTION_COLUMNS} AS p, p.revision, p.stream_id, p.base_observed_at, p.horizon, p.peer_id
                                FROM ${PREDICTION_JOINS}) AS r
              WHERE p.revision > 0 AND r.stream_id = p.stream_id AND r.base_observed_at = p.base_observed_at
                AND r.horizon = p.horizon AND r.peer_id = p.peer_id AND r.revision = p.revision - 1) AS before
       FROM ${PREDICTION_JOINS} ${sql}`,
    values,
  );
  const streams = await catalog.byServerIds(
    stretch.tenant,
    rows.map(({ p }) => p.base.streamId),
  );
  return rows.map(
    ({ p, before }): PredictionEntry => ({
      ...{ tenant: stretch.tenant, position: p.position, topic: 'prediction', ts: p.submittedAt },
      type: before ? 'UPDATE' : 'CREATE',
      key: encodeNodeId('Prediction', p.id),
      document: toPrediction(p, streams),
      ...(before ? { before: toPrediction(before, streams) } : {}),
    }),
  );
}

async function readScoreEntries(
  db: Queryable,
  catalog: StreamCatalog,
  stretch: Stretch,
): Promise<ScoreEntry[]> {
  const { tenant } = stretch;
  const { sql, values } = stretchSql('c', stretch);
  const { rows } = await db.query<ScoreRow>(
    `SELECT ${SCORE_COLUMNS} FROM scores c JOIN streams s ON s.id = c.stream_id JOIN peers e ON e.id = c.peer_id ${sql}`,
    values,
  );
  const before = await readBefore(
    db,
    tenant,
    rows.filter(({ revision }) => revision > 0),
  );
  return scoreEntries(
    tenant,
    rows,
    before,
    await readScoreContext(db, catalog, tenant, [...rows, ...before.values()]),
  );
}

/** Topics that are written seldom share a table, whose rows carry whole documents. */
function readEvents<E extends StreamEntry | LineageEntry>(topic: E['topic']): TopicRead {
  return async (db, _catalog, { tenant, after, through, limit }) => {
    const { rows } = await db.query<
      Omit<E, 'tenant' | 'topic' | 'before'> & { before: E['document'] | null }
    >(
      `SELECT position::float8 AS position, type, key, document, before,
              (extract(epoch FROM ts) * 1000)::float8 AS ts
         FROM log_events
        WHERE tenant = $1 AND position > $2 AND position <= $3 AND topic = $5 ORDER BY position LIMIT $4`,
      [tenant, after, through, limit, topic],
    );
    return rows.map(
      ({ before, ...row }) => ({ ...row, tenant, topic, ...(before ? { before } : {}) }) as LogEntry,
    );
  };
}
