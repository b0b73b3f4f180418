/**
 * The observations of a tenant at an array of positions, to stand in a `FROM`: one look-up each. Joined, a plan that was
 * made while the tables were small, or never analysed, reads all of the tenant's for each.
 */
export function arrivedSql(tenant: string, positions: string): string {
  return `(SELECT o.* FROM unnest(${positions}::bigint[]) AS w(position)
            CROSS JOIN LATERAL (
              SELECT * FROM observations o WHERE o.tenant = ${tenant} AND o.position = w.position OFFSET 0) AS o)`;
}
