import type { GraphQLFormattedError } from 'graphql';
import type { RequestCode } from '../../../schema/errors.ts';
import { errorsOf } from '../../request-errors.ts';

/** HTTP statuses of codes; others are 400. */
const STATUSES: Readonly<Partial<Record<RequestCode, number>>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  TOO_LARGE: 413,
  LIMITED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
};

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
  const code = errors[0]?.extensions?.code;
  const statuses: Readonly<Record<string, number>> = STATUSES;
  const status = (typeof code === 'string' ? statuses[code] : undefined) ?? 400;
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
