import type pg from 'pg';
import type { Position } from '../../../../schema/log-entry.ts';
import type { ObservationRevision, PredictionRevision, StreamLog } from './log-rows.ts';

/** A present score as it is stored. */
export interface StoredScore {
  readonly targetPosition: Position;
  readonly absoluteError: string;
  readonly naiveError: string;
  readonly scaledError: number;
  readonly crps: number | null;
}

/** A stream's entries up to a position, as plain as they can be read. */
export async function readStreamLog(
  client: pg.PoolClient,
  streamId: number,
  through: Position,
): Promise<StreamLog> {
  const { rows: observations } = await client.query<ObservationRevision>(
    `SELECT 'observation' AS topic, position::float8 AS position, value::text AS value, retracted,
            (extract(epoch FROM observed_at) * 1000)::float8 AS "observedAt"
       FROM observations WHERE stream_id = $1 AND position <= $2`,
    [streamId, through],
  );
  const { rows: predictions } = await client.query<PredictionRevision>(
    `SELECT 'prediction' AS topic, position::float8 AS position, id::float8 AS id, peer_id AS "peerId",
            base_position::float8 AS "basePosition", horizon, value::text AS value, quantile_levels AS levels,
            quantile_values::text[] AS values
       FROM predictions WHERE stream_id = $1 AND position <= $2`,
    [streamId, through],
  );
  return [...observations, ...predictions].sort((a, b) => a.position - b.position);
}

/** The scores of a stream that are stored as present, by the prediction's id. */
export async function readStored(
  client: pg.PoolClient,
  tenant: string,
  streamId: number,
): Promise<ReadonlyMap<Position, StoredScore>> {
  const { rows } = await client.query<StoredScore & { id: Position }>(
    `SELECT c.prediction_id::float8 AS id, target_position::float8 AS "targetPosition",
            absolute_error::text AS "absoluteError", naive_error::text AS "naiveError",
            scaled_error::float8 AS "scaledError", crps
       FROM predictions p JOIN scores c ON c.tenant = p.tenant AND c.prediction_id = p.id
      WHERE p.tenant = $1 AND p.stream_id = $2 AND p.superseded_at IS NULL
        AND c.superseded_at IS NULL AND NOT c.voided`,
    [tenant, streamId],
  );
  return new Map(rows.map(({ id, ...score }) => [id, score]));
}
