import { describe } from './database-url.ts';
import { StorageError } from './errors.ts';

/** What to do about a connection that could not be made, by the codes of PostgreSQL, of the system and of TLS. */
const WHAT_TO_DO: readonly (readonly [codes: RegExp, whatToDo: string])[] = [
  [
    /^53300$/,
    'It has no connection to spare: raise its max_connections, or lower PRESAGE_DATABASE_POOL_SIZE of its servers',
  ],
  [/^57P0[1-4]$/, 'It is stopping or starting: try again in a moment'],
  [
    /CERT|SIGNATURE/,
    'Name the file of the CA that its certificate is of in DATABASE_URL, by sslmode=verify-full&sslrootcert=/path/to/ca.pem, and the host as the certificate does',
  ],
  [/^(?:28P01|28000|3D000)$/, 'Check the user, the password (with %40 for @ and the like) and the database'],
];

/** Says what could not be reached, why, and what to do. */
export function connectFailure(url: string, error: unknown): StorageError {
  const found = WHAT_TO_DO.find(([codes]) => codes.test(codeOf(error)));
  return new StorageError(
    `Can't connect to ${describe(url)}: ${reason(error)}. ${found?.[1] ?? 'Check DATABASE_URL'}.`,
    { cause: error },
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join('; ');
  return error instanceof Error ? error.message : String(error);
}
