import type { EntryType, LineageDocument, LineageEntry } from '../../../schema/log-entry.ts';
import { lineageKey } from '../../../schema/node-id.ts';
import type { Append } from '../log/log-writer.ts';
import { isAlert } from './alerts/alert.ts';

/** Something of the record that changed. */
export interface LineageChange {
  readonly type: EntryType;
  readonly document: LineageDocument;
  readonly before?: LineageDocument;
}

/** Writes changes as entries of the log, and those that somebody is to be told of as alerts, in one statement. */
export async function appendLineage(
  { client, head, ts }: Append,
  tenant: string,
  changes: readonly LineageChange[],
): Promise<LineageEntry[]> {
  if (changes.length === 0) return [];
  const entries = changes.map(
    ({ type, document, before }, index): LineageEntry => ({
      ...{ tenant, position: head + index + 1, topic: 'lineage', type, ts, document },
      key: lineageKey(document.kind, document.id),
      ...(before ? { before } : {}),
    }),
  );
  const rows = entries.map((entry) => ({ ...entry, alert: isAlert(entry) }));
  await client.query(
    `WITH given AS (
       SELECT * FROM jsonb_to_recordset($2)
         AS g(position bigint, type text, key text, document jsonb, before jsonb, alert boolean)
     ), alerted AS (
       INSERT INTO lineage_alerts (tenant, position, document, created_at, next_at)
       SELECT $1, position, jsonb_build_object('type', type, 'document', document), to_timestamp($3::float8 / 1000),
              to_timestamp($3::float8 / 1000) FROM given WHERE alert
     )
     INSERT INTO log_events (tenant, position, topic, type, key, document, before, ts)
     SELECT $1, position, 'lineage', type::"EntryType", key, document, before, to_timestamp($3::float8 / 1000) FROM given`,
    [tenant, JSON.stringify(rows), ts],
  );
  return entries;
}
