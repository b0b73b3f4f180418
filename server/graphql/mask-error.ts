import { randomUUID } from 'node:crypto';
import { GraphQLError, Kind } from 'graphql';
import { type ErrorCode, PresageError, REQUEST_CODES } from '../../schema/errors.ts';
import { explainFailure } from '../domain/log/unavailable.ts';
import type { Logger } from './settings.ts';

/** Turns whatever was thrown into what a client may see. */
export type ErrorMask = (error: unknown) => GraphQLError;

/**
 * Expected errors keep their message and get a code of the closed list. Anything else is logged with an id, and the
 * client is told the id and nothing more.
 */
export function createErrorMask(logger: Logger): ErrorMask {
  return (error) => {
    const cause = explainFailure(causeOf(error));
    if (cause instanceof PresageError) {
      if (cause.code === 'UNAVAILABLE')
        logger.warn({ err: cause, path: pathOf(error) }, 'A request could not be served');
      return coded(cause.code, cause.message, error, cause.details);
    }
    if (isTooDeep(cause, error)) return coded('BAD_INPUT', TOO_DEEP, error);
    if (error instanceof GraphQLError) {
      if (isCoded(error)) return error;
      if (cause instanceof GraphQLError && isInputError(error)) {
        return coded('BAD_INPUT', error.message, error);
      }
    }
    const id = randomUUID();
    logger.error({ err: cause, id, path: pathOf(error) }, 'A request failed unexpectedly');
    return coded(
      'INTERNAL',
      `Something went wrong on the server; its log has the details under ${id}.`,
      error,
      {
        id,
      },
    );
  };
}

/** A GraphQL error with a code, at the place of the error it is made from. */
export function coded(
  code: ErrorCode,
  message: string,
  from?: unknown,
  extensions: Readonly<Record<string, unknown>> = {},
): GraphQLError {
  const at = from instanceof GraphQLError ? from : undefined;
  const http = at?.extensions.http;
  return new GraphQLError(message, {
    nodes: at?.nodes ?? null,
    source: at?.source ?? null,
    positions: at?.positions ?? null,
    path: at?.path ?? null,
    extensions: { code, ...extensions, ...(http ? { http } : {}) },
  });
}

/** What was thrown first: graphql-js wraps errors to say where they happened. */
function causeOf(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

const TOO_DEEP = 'The variables or the operation nest too deeply to be read; flatten them.';

/** Before anything is executed only the request itself can be what the stack has no room for. */
function isTooDeep(cause: unknown, error: unknown): boolean {
  const isUnexecuted = !(error instanceof GraphQLError) || error.path === undefined;
  return isUnexecuted && cause instanceof RangeError && /call stack/.test(cause.message);
}

function isCoded(error: GraphQLError): boolean {
  return REQUEST_CODES.some((code) => code === error.extensions.code);
}

/**
 * Whether graphql-js or the HTTP layer found fault with the request: before execution there is no path, and a value
 * that does not fit its argument is reported at that value. What is reported at a field is the server's own fault.
 */
function isInputError(error: GraphQLError): boolean {
  return error.path === undefined || error.nodes?.[0]?.kind !== Kind.FIELD;
}

function pathOf(error: unknown): string | undefined {
  return error instanceof GraphQLError ? error.path?.join('.') : undefined;
}
