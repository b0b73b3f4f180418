import type {
  ObservationDocument,
  PeerDocument,
  Position,
  PredictionDocument,
  StreamDocument,
} from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import { type ObservationRow, observationColumns, toObservation } from '../observation/observation-row.ts';

/** What a query selects of a prediction `p` with its base `o` and its peer `e`. */
export const PREDICTION_COLUMNS = `json_build_object(
  'id', p.id, 'position', p.position, 'horizon', p.horizon, 'revision', p.revision,
  'value', trim_scale(p.value)::text, 'levels', p.quantile_levels,
  'values', (SELECT array_agg(trim_scale(q)::text ORDER BY i) FROM unnest(p.quantile_values) WITH ORDINALITY AS u(q, i)),
  'submittedAt', (extract(epoch FROM p.submitted_at) * 1000)::bigint,
  'supersededAt', p.superseded_at,
  'base', ${observationColumns('o')},
  'peer', json_build_object('id', e.id, 'publicKey', e.public_key, 'name', e.name, 'role', e.role,
                            'createdAt', (extract(epoch FROM e.created_at) * 1000)::bigint))`;

export const PREDICTION_JOINS = `predictions p
  JOIN observations o ON o.tenant = p.tenant AND o.position = p.base_position
  JOIN peers e ON e.id = p.peer_id
  JOIN streams s ON s.id = p.stream_id`;

export interface PredictionRow {
  readonly id: Position;
  readonly position: Position;
  readonly horizon: number;
  readonly revision: number;
  readonly value: string;
  readonly levels: readonly number[];
  readonly values: readonly string[] | null;
  readonly submittedAt: EpochMs;
  readonly supersededAt: Position | null;
  readonly base: ObservationRow;
  readonly peer: PeerDocument;
}

/** The document that a row and its stream make. */
export function toPrediction(
  row: PredictionRow,
  streams: ReadonlyMap<number, StreamDocument>,
): PredictionDocument {
  const { levels, values, supersededAt: _, base, ...fields } = row;
  const observation: ObservationDocument = toObservation(base, streams);
  const quantiles = levels.map((level, index) => ({ level, value: values?.[index] ?? '0' }));
  return { ...fields, stream: observation.stream, base: observation, quantiles };
}
