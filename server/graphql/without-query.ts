import { PresageError } from '../../schema/errors.ts';
import { HttpRefusal } from '../../schema/http-status.ts';

/**
 * What a request without a query is refused by. A client of "automatic persisted queries" sends a hash in place of the text:
 * by this very message, which Apollo's and urql's know, it sends the text instead and asks by hash no more; any status but
 * 200 they take for a failure of the connection.
 */
export function withoutQuery(extensions: unknown, how: string): PresageError {
  const isByHash = typeof extensions === 'object' && extensions !== null && 'persistedQuery' in extensions;
  return isByHash
    ? new HttpRefusal(200, 'PersistedQueryNotSupported')
    : new PresageError('BAD_INPUT', `There is no query; ${how}`);
}
