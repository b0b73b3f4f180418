import { PresageError, REQUEST_CODES, type RequestCode } from './errors.ts';

/** Statuses of codes; others are 400. */
const STATUSES: Readonly<Partial<Record<RequestCode, number>>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  TOO_LARGE: 413,
  LIMITED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
};

/** The HTTP status by which a request is refused that failed as a whole with a code, one of an error's `extensions`. */
export function httpStatusOf(code: unknown): number {
  const known = REQUEST_CODES.find((one) => one === code);
  return (known && STATUSES[known]) ?? 400;
}

/** A request that HTTP has a status of its own for; its code is `BAD_INPUT`. */
export class HttpRefusal extends PresageError {
  readonly status: number;

  constructor(status: number, message: string) {
    super('BAD_INPUT', message);
    this.status = status;
  }
}
