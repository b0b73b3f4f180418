import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { PresageError, type RequestCode } from '../schema/errors.ts';
import type { Logger } from './logger.ts';

/** Logs an error that nobody could expect and gives the id by which its log line can be found. */
export function unexpectedErrorLog(logger: Logger): (error: unknown) => string {
  return (error) => {
    const errorId = randomUUID();
    logger.error({ err: error, errorId }, 'an operation failed unexpectedly');
    return errorId;
  };
}

/**
 * What a client is told of a failure: expected errors as they are with their code, all others masked, with an id that
 * `onUnexpected` gives. A failure may be several: an array, or an `AggregateError`.
 */
export function errorsOf(
  failure: unknown,
  onUnexpected: (error: unknown) => string,
): GraphQLFormattedError[] {
  if (Array.isArray(failure)) return failure.flatMap((one: unknown) => errorsOf(one, onUnexpected));
  if (failure instanceof AggregateError) return errorsOf(failure.errors, onUnexpected);
  if (failure instanceof PresageError) return [coded(failure)];
  if (failure instanceof GraphQLError) return [graphqlError(failure, onUnexpected)];
  return [masked(failure, onUnexpected)];
}

function graphqlError(error: GraphQLError, onUnexpected: (error: unknown) => string): GraphQLFormattedError {
  const shown = error.toJSON();
  if (typeof error.extensions.code === 'string') return shown;
  const original = error.originalError;
  if (original instanceof PresageError) return { ...shown, ...coded(original, shown.message) };
  if (original && !(original instanceof GraphQLError)) {
    const { message, extensions } = masked(error, onUnexpected);
    return { ...shown, message, ...(extensions && { extensions }) };
  }
  const code: RequestCode = error.message.startsWith('Syntax Error')
    ? 'GRAPHQL_PARSE_FAILED'
    : 'GRAPHQL_VALIDATION_FAILED';
  return { ...shown, extensions: { ...shown.extensions, code } };
}

function masked(error: unknown, onUnexpected: (error: unknown) => string): GraphQLFormattedError {
  const code: RequestCode = 'INTERNAL';
  return {
    message: 'Something went wrong here; the server has logged it under the id in extensions.errorId.',
    extensions: { code, errorId: onUnexpected(error) },
  };
}

function coded({ code, details, message }: PresageError, shown = message): GraphQLFormattedError {
  return { message: shown, extensions: { code, ...details } };
}
