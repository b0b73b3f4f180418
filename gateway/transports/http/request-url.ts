import type { IncomingMessage } from 'node:http';
import { PresageError } from '../../../schema/errors.ts';
import type { Refusals } from '../../refusals.ts';

/** Names under which people put tokens into URLs. */
const TOKEN_PARAMETERS = ['token', 'access_token', 'accessToken', 'authorization', 'Authorization'];

export function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

export function parametersOf({ url = '/' }: IncomingMessage): URLSearchParams {
  const query = url.indexOf('?');
  return new URLSearchParams(query === -1 ? '' : url.slice(query + 1));
}

/** URLs are logged, kept in histories and sent as referrers. Throws `BAD_INPUT` where one has a token. */
export function refuseTokenInUrl(request: IncomingMessage, refusals: Refusals): void {
  const parameters = parametersOf(request);
  const name = TOKEN_PARAMETERS.find((parameter) => parameters.has(parameter));
  if (name === undefined) return;
  refusals['token-in-url'] += 1;
  throw new PresageError(
    'BAD_INPUT',
    `The URL has "${name}": a token is never taken from a URL, where others see it. Send "Authorization: Bearer <access token>", or accessToken in connection_init; and get a new token, as this one is known.`,
  );
}
