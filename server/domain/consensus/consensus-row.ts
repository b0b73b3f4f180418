import type { ConsensusDocument, Position, StreamDocument } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import { type ObservationRow, observationColumns, toObservation } from '../observation/observation-row.ts';

/** What a query selects of a consensus `c` with its base `o`. */
export const CONSENSUS_COLUMNS = `json_build_object(
  'position', c.position, 'revision', c.revision, 'contributors', c.contributors,
  'value', trim_scale(c.value)::text, 'levels', c.quantile_levels,
  'values', (SELECT array_agg(trim_scale(q)::text ORDER BY i) FROM unnest(c.quantile_values) WITH ORDINALITY AS u(q, i)),
  'updatedAt', (extract(epoch FROM c.updated_at) * 1000)::bigint,
  'base', ${observationColumns('o')})`;

export const CONSENSUS_JOINS = `consensus c
  JOIN observations o ON o.tenant = c.tenant AND o.position = c.base_position
  JOIN streams s ON s.id = c.stream_id`;

export interface ConsensusRow {
  readonly position: Position;
  readonly revision: number;
  readonly contributors: number;
  readonly value: string;
  readonly levels: readonly number[];
  readonly values: readonly string[] | null;
  readonly updatedAt: EpochMs;
  readonly base: ObservationRow;
}

/** The document that a row and its stream make. */
export function toConsensus(
  row: ConsensusRow,
  streams: ReadonlyMap<number, StreamDocument>,
): ConsensusDocument {
  const { levels, values, base, ...fields } = row;
  const observation = toObservation(base, streams);
  const quantiles = levels.map((level, index) => ({ level, value: values?.[index] ?? '0' }));
  return { ...fields, stream: observation.stream, base: observation, quantiles };
}
