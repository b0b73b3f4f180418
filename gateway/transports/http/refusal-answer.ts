import type { GraphQLFormattedError } from 'graphql';
import { HttpRefusal, httpStatusOf } from '../../../schema/http-status.ts';
import { errorsOf } from '../../request-errors.ts';

/** When a client that was refused for now may ask again, in seconds. */
const RETRY_AFTER = 5;

export interface RefusalAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  /** `{"errors": [{"message", "extensions": {"code"}}]}`, as the API answers. */
  readonly body: string;
  readonly errors: readonly GraphQLFormattedError[];
}

/** How HTTP says why a request is refused. */
export function refusalAnswer(
  error: unknown,
  onUnexpected: (error: unknown) => string = () => '',
): RefusalAnswer {
  const errors = errorsOf(error, onUnexpected);
  const status = error instanceof HttpRefusal ? error.status : httpStatusOf(errors[0]?.extensions?.code);
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...(status === 429 || status === 503 ? { 'retry-after': RETRY_AFTER } : {}),
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    },
    body: JSON.stringify({ errors }),
    errors,
  };
}
