/**
 * The measures of docs/scoring.md as SQL, over numeric, so that errors are exact. The arguments are expressions.
 */

/** Decimal places that ratios are kept with. */
const RATIO_PLACES = 20;
/** Observations whose naive errors make a target's scale. */
const SCALE_OBSERVATIONS = 100;

/**
 * An error over the scale. Where the stream did not move before (scale 0) it is measured by the naive error of the same
 * target; where that is 0 too, it is 0 for a hit and 1 for a miss.
 */
export function scaledSql(error: string, scale: string, naiveError: string): string {
  return `CASE WHEN ${scale} > 0 THEN round(${error} / ${scale}, ${RATIO_PLACES})
               WHEN ${naiveError} > 0 THEN round(${error} / ${naiveError}, ${RATIO_PLACES})
               WHEN ${error} > 0 THEN 1 ELSE 0 END`;
}

/** 2/K Σ pinball(level, quantile, actual); NULL of a prediction `p` without quantiles. */
export function crpsSql(actual: string): string {
  return `CASE WHEN cardinality(p.quantile_levels) > 0 THEN (
    SELECT 2 * avg(CASE WHEN ${actual} >= q.value THEN (${actual} - q.value)::float8 * q.level
                        ELSE (q.value - ${actual})::float8 * (1 - q.level) END)
      FROM unnest(p.quantile_levels, p.quantile_values) AS q(level, value)) END`;
}

/**
 * Mean absolute difference of neighbours in time among the last observations before one `e`, as the stream was when
 * `e` entered the log; 0 where there are no two.
 */
export const SCALE_SQL = `
  SELECT coalesce(avg(abs(step)), 0) AS scale FROM (
    SELECT value - lag(value) OVER (ORDER BY observed_at) AS step FROM (
      SELECT x.observed_at, x.value FROM observations x
       WHERE x.stream_id = e.stream_id AND x.observed_at < e.observed_at AND x.position < e.position
         AND (x.superseded_at IS NULL OR x.superseded_at > e.position) AND NOT x.retracted
       ORDER BY x.observed_at DESC LIMIT ${SCALE_OBSERVATIONS + 1}) AS recent) AS steps`;
