import type { ObservationDocument, Position, StreamDocument } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';

/** What a query selects of an observation under the alias `alias`; the stream is joined in memory by its id. */
export function observationColumns(alias: string): string {
  return `json_build_object(
    'position', ${alias}.position,
    'streamId', ${alias}.stream_id,
    'value', trim_scale(${alias}.value)::text,
    'observedAt', (extract(epoch FROM ${alias}.observed_at) * 1000)::bigint,
    'ts', (extract(epoch FROM ${alias}.ts) * 1000)::bigint,
    'hash', encode(${alias}.hash, 'hex'),
    'provider', ${alias}.provider,
    'revision', ${alias}.revision,
    'retracted', ${alias}.retracted)`;
}

export interface ObservationRow {
  readonly position: Position;
  readonly streamId: number;
  readonly value: string;
  readonly observedAt: EpochMs;
  readonly ts: EpochMs;
  readonly hash: string;
  readonly provider: string;
  readonly revision: number;
  readonly retracted: boolean;
}

/** The document that a row and its stream make. */
export function toObservation(
  row: ObservationRow,
  streams: ReadonlyMap<number, StreamDocument>,
): ObservationDocument {
  const { streamId, ...fields } = row;
  const stream = streams.get(streamId);
  if (!stream) throw new Error(`observation ${row.position} names stream ${streamId}, which is not there`);
  return { ...fields, stream };
}
