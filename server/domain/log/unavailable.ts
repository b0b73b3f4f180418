import { PresageError } from '../../../schema/errors.ts';

/** What is about the server or the connection to it, and not about what was asked: a class of codes, and the way out. */
const TROUBLES: readonly (readonly [codes: RegExp, whatToDo: string])[] = [
  [/^53100$/, 'The disk of the database is full: make room on it'],
  [
    /^(?:53300|P2037)$/,
    'The database has no connection to spare: raise its max_connections, or lower PRESAGE_DATABASE_POOL_SIZE of its servers',
  ],
  [/^25006$/, 'The database takes no writes, as it is read-only: let DATABASE_URL lead to the primary'],
  [
    /^(?:25P03|57P05)$/,
    'This server stood still for longer than the others wait for it: see that its machine can keep up',
  ],
  [
    /^E[MN]FILE$/,
    'This server has as many files open as it may: raise the limit (LimitNOFILE of systemd, ulimit -n)',
  ],
  [
    /^(?:26000|42P05)$/,
    'A pooler in front of the database gives each transaction another session: let DATABASE_URL lead to PostgreSQL itself, or to a pool with pool_mode = session',
  ],
  [/^57P0[1-4]$/, 'The database is stopping or starting: see to it that it runs'],
  // SQLSTATE: connection, resources, operator intervention, system, serialisation. Prisma: P1… is the connection, too.
  [
    /^(?:08|53|57|58)...$|^(?:40001|40P01|P10\d\d|P2024|P2034)$/,
    'The database does not answer as it should: check that it runs and is well',
  ],
  [
    /^(?:ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/,
    'The database does not answer: check that it runs and can be reached',
  ],
];
const DRIVER =
  /Connection terminated|timeout exceeded when trying to connect|^timeout expired$|Client has encountered a connection error|Cannot use a pool after calling end/;
/** SQLSTATE of a text that Postgres has no way to keep. */
const NOT_A_CHARACTER = '22021';
/** Prisma wraps what the driver says, and the driver's adapter what the database says. */
const MOST_WRAPPERS = 5;

/**
 * The failure as its caller should see it: a database that is away, full or restarting is `UNAVAILABLE`. Whether the
 * write was committed is unknown then, and sending it again is safe, since every write is idempotent. What is searched
 * for by a text that can't be is `BAD_INPUT`; what is kept was checked before.
 */
export function explainFailure(error: unknown): unknown {
  if (error instanceof PresageError || !(error instanceof Error)) return error;
  const errors = wrapped(error);
  const codes = errors.flatMap(codesOf);
  if (codes.includes(NOT_A_CHARACTER)) {
    return new PresageError('BAD_INPUT', 'A text has the character NUL in it; leave it out.', {
      cause: error,
    });
  }
  const whatToDo = troubleOf(errors, codes);
  if (whatToDo === undefined) return error;
  return new PresageError(
    'UNAVAILABLE',
    `${whatToDo}, and send the same again then: what is in already is recognised.`,
    { cause: error },
  );
}

/** What is wrong with the database and what to do, in words that name no host, user or database; undefined if nobody knows. */
export function databaseTrouble(error: Error): string | undefined {
  const errors = wrapped(error);
  return troubleOf(errors, errors.flatMap(codesOf));
}

function troubleOf(errors: readonly object[], codes: readonly string[]): string | undefined {
  const known = TROUBLES.find(([pattern]) => codes.some((code) => pattern.test(code)));
  if (known) return known[1];
  const isDriver = errors.some((one) => 'message' in one && DRIVER.test(String(one.message)));
  return isDriver ? 'The database does not answer: check that it runs and can be reached' : undefined;
}

/** An error and what it was made of, the outermost first. */
function wrapped(error: Error): object[] {
  const found: object[] = [];
  let next: unknown = error;
  while (typeof next === 'object' && next !== null && found.length < MOST_WRAPPERS) {
    found.push(next);
    next = 'cause' in next && next.cause !== undefined ? next.cause : adapterError(next);
  }
  return found;
}

function adapterError(error: object): unknown {
  const meta = 'meta' in error ? error.meta : undefined;
  return typeof meta === 'object' && meta !== null && 'driverAdapterError' in meta
    ? meta.driverAdapterError
    : undefined;
}

function codesOf(error: object): string[] {
  return ['code', 'originalCode', 'errorCode'].flatMap((name) => {
    const value: unknown = Reflect.get(error, name);
    return typeof value === 'string' ? [value] : [];
  });
}
