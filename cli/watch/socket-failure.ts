import { z } from 'zod';
import { PresageError } from '../../schema/errors.ts';
import { readAnswer } from '../client/answer.ts';
import { unreachable } from '../client/graphql-client.ts';

const CLOSE = z.object({ code: z.number(), reason: z.string() });
const GRAPHQL_ERRORS = z.array(z.object({ message: z.string() }).loose()).min(1);

/** What ended a subscription, as one of our errors: a closed socket, errors of the server, or a failed connection. */
export function socketFailure(url: string, thrown: unknown): PresageError {
  if (thrown instanceof PresageError) return thrown;
  const errors = GRAPHQL_ERRORS.safeParse(thrown);
  if (errors.success) return firstError(errors.data);
  const close = CLOSE.safeParse(thrown);
  if (close.success) return closed(close.data.code, close.data.reason);
  return unreachable(url, thrown);
}

function firstError(errors: readonly object[]): PresageError {
  try {
    readAnswer(z.never(), { errors });
  } catch (error) {
    if (error instanceof PresageError) return error;
  }
  return new PresageError('INTERNAL', 'The server refused the subscription without saying why.');
}

/** Close codes of graphql-transport-ws: 4401 and 4403 are about who we are, other 44xx about what we sent. */
function closed(code: number, reason: string): PresageError {
  const said = reason === '' ? `code ${code}` : `code ${code}: ${reason}`;
  if (code === 4401 || code === 4403) {
    return new PresageError('UNAUTHENTICATED', `The server does not let us in (${said}).`);
  }
  const ours = (code >= 4400 && code < 4500 && code !== 4408 && code !== 4429) || code === 1009;
  return new PresageError(
    ours ? 'BAD_INPUT' : 'UNAVAILABLE',
    ours
      ? `The server closed the connection as ours was wrong (${said}).`
      : `The connection was lost (${said})`,
  );
}
