import { PresageError } from '../../../schema/errors.ts';

/** Classes of SQLSTATE that are about the server or the connection to it, and not about what was asked. */
const PASSING = /^(?:08|53|57|58)|^(?:40001|40P01)$/;
const NETWORK = /^(?:ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/;
const DRIVER =
  /Connection terminated|timeout exceeded when trying to connect|^timeout expired$|Client has encountered a connection error|Cannot use a pool after calling end/;

/**
 * The failure as its caller should see it: a database that is away, full or restarting is `UNAVAILABLE`. Whether the
 * write was committed is unknown then, and sending it again is safe, since every write is idempotent.
 */
export function explainFailure(error: unknown): unknown {
  if (error instanceof PresageError || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (!PASSING.test(code) && !NETWORK.test(code) && !DRIVER.test(error.message)) return error;
  return new PresageError(
    'UNAVAILABLE',
    'The database does not answer as it should; send the same again in a moment: what is in already is recognised.',
    { cause: error },
  );
}
