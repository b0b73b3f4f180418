/** Codes of `extensions.code` for a request that failed as a whole. */
export const REQUEST_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_INPUT',
  'BAD_CURSOR',
  'LOG_TRUNCATED',
  'BAD_FILTER',
  'CONFLICT',
  'LIMITED',
  'TOO_LARGE',
  'TOO_COMPLEX',
  'UNAVAILABLE',
  'INTERNAL',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
] as const;

/** Codes of one item of a batch. `DUPLICATE` is information, every other one is a failure. */
const ITEM_CODES = [
  'DUPLICATE',
  'UNKNOWN_STREAM',
  'FORBIDDEN',
  'ARCHIVED',
  'BAD_VALUE',
  'BAD_TIME',
  'BAD_TEXT',
  'TOO_LONG',
  'CONFLICT',
  'RETRACTED',
  'UNKNOWN_BASE',
  'LATE',
  'BAD_HORIZON',
  'BAD_QUANTILES',
  'LIMITED',
] as const;

export type RequestCode = (typeof REQUEST_CODES)[number];
export type ItemCode = (typeof ITEM_CODES)[number];
export type ErrorCode = RequestCode | ItemCode;

/** A failure somebody could expect. Its message names the thing, the value and the way out. */
export class PresageError extends Error {
  override readonly name: string = 'PresageError';
  readonly code: ErrorCode;
  /** What a program is told besides, in `extensions`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    { details = {}, ...options }: ErrorOptions & { details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** An item's code that came over the wire; one that a newer server made up counts as a conflict, which time doesn't heal. */
export function itemCode(text: string): ItemCode {
  return ITEM_CODES.find((code) => code === text) ?? 'CONFLICT';
}

/** What one item of a batch is answered with, beside the ids. */
export interface ItemError {
  readonly index: number;
  readonly code: ItemCode;
  readonly message: string;
}
