import type { ClientBase } from 'pg';

/** How far the clocks may be apart without a word, in ms. */
const TOLERATED_MS = 5_000;

/**
 * Warns where this machine's clock is another than the database's, which all servers of an installation share: order owes
 * nothing to clocks, but challenges and tokens of one server expire by the clock of another.
 */
export async function warnOfClock(
  client: ClientBase,
  logger: { warn(fields: object, message: string): void },
): Promise<void> {
  const asked = Date.now();
  const { rows } = await client.query<{ ms: number }>(
    'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms',
  );
  const answered = Date.now();
  const aheadMs = Math.round((asked + answered) / 2 - (rows[0]?.ms ?? answered));
  if (Math.abs(aheadMs) < TOLERATED_MS + (answered - asked)) return;
  logger.warn({ aheadMs }, "this machine's clock is another than the database's; set both by NTP");
}
