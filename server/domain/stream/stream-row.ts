import type { StreamDocument } from '../../../schema/log-entry.ts';

/** Columns of a stream under the alias `s`, as one JSON value: how joins carry a stream along. */
export const STREAM_JSON = `json_build_object(
  'serverId', s.id, 'uuid', s.uuid, 'name', s.name, 'author', s.author, 'secondary', s.secondary,
  'target', s.target, 'meta', s.meta, 'description', s.description, 'tags', s.tags,
  'cadenceSeconds', s.cadence_seconds,
  'createdAt', (extract(epoch FROM s.created_at) * 1000)::bigint,
  'archivedAt', (extract(epoch FROM s.archived_at) * 1000)::bigint)`;

/** A row of a query that selects `STREAM_JSON AS stream`. */
export interface StreamRow {
  readonly stream: StreamDocument;
}
