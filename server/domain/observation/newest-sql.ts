/** Present: not replaced by a later revision, and not retracted. */
export function presentSql(alias: string): string {
  return `${alias}.superseded_at IS NULL AND NOT ${alias}.retracted`;
}

/** The same when the log ended at the position `head`, a placeholder: what came after it, or replaced it after, is left out. */
function presentAsOfSql(alias: string, head: string): string {
  return `${alias}.position <= ${head} AND (${alias}.superseded_at IS NULL OR ${alias}.superseded_at > ${head})
                      AND NOT ${alias}.retracted`;
}

/**
 * The newest present observation of the stream `s`, joined to it as `o`. Mostly it is the one at the end of the stream's
 * chain, and looked up by its very time: whatever the planner thinks of tables that were never analysed, it reads no other
 * rows for that (docs/decisions/0046). Where that was taken back, the chain is walked down to the newest that stands. That the
 * walk has two ends makes it seem shorter than what the tenants' wall seems to leave: with one, all of the tenant's rows were
 * read for each stream.
 */
export const NEWEST_SQL = newestSql(presentSql);

/** The newest observation of the stream `s` that was present when the log ended at `head`, a placeholder, as `o`. */
export function newestAsOfSql(head: string): string {
  return newestSql((alias) => presentAsOfSql(alias, head));
}

function newestSql(present: (alias: string) => string): string {
  return `
  CROSS JOIN LATERAL (
    SELECT CASE
             WHEN EXISTS (SELECT 1 FROM observations x
                           WHERE x.stream_id = s.id AND x.observed_at = e.last_observed_at AND ${present('x')})
             THEN e.last_observed_at
             ELSE (SELECT x.observed_at FROM observations x
                    WHERE x.stream_id = s.id AND ${present('x')}
                      AND x.observed_at BETWEEN '-infinity' AND e.last_observed_at
                    ORDER BY x.observed_at DESC LIMIT 1)
           END AS observed_at
      FROM stream_heads e WHERE e.stream_id = s.id OFFSET 0) AS newest
  CROSS JOIN LATERAL (
    SELECT * FROM observations x
     WHERE x.stream_id = s.id AND x.observed_at = newest.observed_at AND ${present('x')} OFFSET 0) AS o`;
}
