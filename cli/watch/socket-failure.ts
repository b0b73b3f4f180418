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

/** About who we are: the token was refused, has expired, or its peer was revoked. */
const WHO_WE_ARE: ReadonlySet<number> = new Set([4401, 4403, 4470, 4473]);

/** Close codes of graphql-transport-ws: 44xx below 4470 are about what we sent, 447x are the server's own. */
function closed(code: number, reason: string): PresageError {
  const said = reason === '' ? `code ${code}` : `code ${code}: ${reason}`;
  if (WHO_WE_ARE.has(code)) {
    return new PresageError('UNAUTHENTICATED', `The server does not let us in (${said}).`);
  }
  const ours = (code >= 4400 && code < 4470 && code !== 4408 && code !== 4429) || code === 1009;
  return new PresageError(
    ours ? 'BAD_INPUT' : 'UNAVAILABLE',
    ours
      ? `The server closed the connection as ours was wrong (${said}).`
      : `The connection was lost (${said})`,
  );
}
