import type { Position } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { Queryable } from '../../storage/tenant-connections.ts';
import type { TenantLog } from './tenant-log.ts';

/** Beyond so many positions it costs less to read the ends of the chains that are asked for than all that changed. */
const MAX_POSITIONS = 20_000;

/**
 * Of $1 tenant, $2 the head that is remembered, $3 where archivals are known to: one statement, so that all of it is as of
 * one moment. Ends of chains are looked up one by one, whatever the tables' statistics say (decision 0046).
 */
const NEWS = `
  SELECT h.position::float8 AS head, h.timeline,
         CASE WHEN h.position - $2::bigint <= ${MAX_POSITIONS} THEN (
           SELECT coalesce(json_agg(json_build_array(c.stream_id, encode(c.hash, 'hex'),
                                    (extract(epoch FROM c.last_observed_at) * 1000)::bigint)), '[]')
             FROM (SELECT DISTINCT stream_id FROM observations
                    WHERE tenant = $1 AND position > $2 AND position <= h.position OFFSET 0) AS written
            CROSS JOIN LATERAL (
              SELECT stream_id, hash, last_observed_at FROM stream_heads
               WHERE stream_id = written.stream_id OFFSET 0
            ) AS c
         ) END AS chains,
         (SELECT coalesce(json_agg((document->>'serverId')::int), '[]') FROM log_events
           WHERE tenant = $1 AND position > $3 AND position <= h.position AND topic = 'stream' AND type = 'UPDATE'
             AND document->>'archivedAt' IS NOT NULL) AS archived
    FROM log_heads h WHERE h.tenant = $1`;

interface News {
  readonly head: Position;
  readonly timeline: string | null;
  /** Streams that others wrote to, with hash and newest time of their chains' ends; null where that is not known. */
  readonly chains: readonly (readonly [stream: number, hash: string | null, last: EpochMs | null])[] | null;
  /** Server ids of streams that have been archived. */
  readonly archived: readonly number[];
}

/**
 * Has the log remember what other processes wrote since this one last looked. Under the lock of the log that is exact: what
 * is judged after it can't be about a stream that is archived by then. Without the lock it is right as of the head that it
 * remembers, and a write that finds the head there may trust it.
 */
export async function catchUp(
  db: Queryable,
  tenant: string,
  log: TenantLog,
  now: () => EpochMs,
): Promise<void> {
  const { rows } = await db.query<News & Record<string, unknown>>({
    name: 'catch-up',
    text: NEWS,
    values: [tenant, log.head ?? null, log.streamsSeen],
  });
  const [news] = rows;
  if (!news) return;
  if (log.head !== undefined && (log.timeline !== (news.timeline ?? undefined) || news.head < log.head)) {
    // What was remembered is not known to be part of it: whoever writes next looks under the lock.
    log.forgetAll();
    return;
  }
  if (log.head !== news.head) {
    if (log.head !== undefined) log.othersWroteAt = now();
    if (!news.chains) log.chains.clear();
    for (const [stream, hash, last] of news.chains ?? []) {
      log.chains.set(stream, { hash: hash ?? '', lastObservedAt: last ?? undefined });
    }
    log.head = news.head;
    log.timeline = news.timeline ?? undefined;
  }
  for (const stream of news.archived) log.archived.add(stream);
  log.streamsSeen = news.head;
  log.streamsKnown = true;
}
