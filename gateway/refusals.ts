import { PresageError } from '../schema/errors.ts';

/** Everything that a client may be refused or closed for, as metrics name it. */
const REFUSAL_REASONS = [
  'address-connections',
  'connection-operations',
  'message-size',
  'message-rate',
  'idle',
  'init-timeout',
  'bad-message',
  'bad-token',
  'token-expired',
  'token-in-url',
  'revoked',
  'stalled',
  'unresponsive',
  'bad-filter',
  'bad-cursor',
  'bad-request',
  'draining',
] as const;

export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** How often clients were refused or closed, by reason. */
export type Refusals = Record<RefusalReason, number>;

export function noRefusals(): Refusals {
  return Object.fromEntries(REFUSAL_REASONS.map((reason) => [reason, 0])) as Refusals;
}

/** What a failed operation counts as; null for those that are no fault of the client's. */
export function refusalOf(error: unknown): RefusalReason | null {
  switch (codeOf(error)) {
    case 'BAD_FILTER':
      return 'bad-filter';
    case 'BAD_CURSOR':
    case 'LOG_TRUNCATED':
      return 'bad-cursor';
    case 'LIMITED':
      return 'connection-operations';
    case 'UNAUTHENTICATED':
    case 'FORBIDDEN':
      return 'bad-token';
    case 'TOO_LARGE':
      return 'message-size';
    case 'BAD_INPUT':
    case 'TOO_COMPLEX':
    case 'GRAPHQL_PARSE_FAILED':
    case 'GRAPHQL_VALIDATION_FAILED':
      return 'bad-request';
    default:
      return null;
  }
}

function codeOf(error: unknown): unknown {
  if (error instanceof PresageError) return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (typeof error !== 'object' || error === null || !('extensions' in error)) return null;
  const { extensions } = error;
  return typeof extensions === 'object' && extensions !== null && 'code' in extensions
    ? extensions.code
    : null;
}
