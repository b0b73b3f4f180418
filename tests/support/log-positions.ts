/** Every position that has an entry, whatever table it is in: a topic's table is added here when it is made. */
export const LOG_POSITIONS = `(
  SELECT tenant, position FROM observations UNION ALL SELECT tenant, position FROM predictions
  UNION ALL SELECT tenant, position FROM scores UNION ALL SELECT tenant, position FROM consensus
  UNION ALL SELECT tenant, position FROM log_events) AS log`;
