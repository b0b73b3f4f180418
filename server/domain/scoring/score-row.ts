import type { CanonicalDecimal } from '../../../schema/decimal.ts';
import type {
  ObservationDocument,
  PeerDocument,
  Position,
  ScoreDocument,
} from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';

/** What a query selects of a score `c`. */
export const SCORE_COLUMNS = `c.prediction_id::float8 AS "predictionId", c.position::float8 AS position,
  c.peer_id AS "peerId", c.horizon, c.target_position::float8 AS "targetPosition", c.revision, c.voided,
  trim_scale(c.absolute_error)::text AS "absoluteError", trim_scale(c.naive_error)::text AS "naiveError",
  c.scaled_error::float8 AS "scaledError", c.crps, (extract(epoch FROM c.ts) * 1000)::float8 AS "scoredAt"`;

export interface ScoreRow {
  readonly predictionId: Position;
  readonly position: Position;
  readonly peerId: number;
  readonly horizon: number;
  readonly targetPosition: Position;
  readonly revision: number;
  readonly voided: boolean;
  readonly absoluteError: CanonicalDecimal;
  readonly naiveError: CanonicalDecimal;
  readonly scaledError: number;
  readonly crps: number | null;
  readonly scoredAt: EpochMs;
}

/** What scores mention: their targets by position and their peers by id. */
export interface ScoreContext {
  readonly targets: ReadonlyMap<Position, ObservationDocument>;
  readonly peers: ReadonlyMap<number, PeerDocument>;
}

/** The document that a row, its target and its peer make. */
export function toScore(row: ScoreRow, { targets, peers }: ScoreContext): ScoreDocument {
  const target = targets.get(row.targetPosition);
  const peer = peers.get(row.peerId);
  if (!target || !peer) throw new Error(`score ${row.position} names a target or peer that is not there`);
  return {
    ...{ predictionId: row.predictionId, position: row.position, stream: target.stream, peer },
    ...{ horizon: row.horizon, target, absoluteError: row.absoluteError, naiveError: row.naiveError },
    ...{ scaledError: row.scaledError, crps: row.crps, scoredAt: row.scoredAt, revision: row.revision },
  };
}
