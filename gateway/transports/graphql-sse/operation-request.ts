import type { IncomingMessage } from 'node:http';
import { PresageError } from '../../../schema/errors.ts';
import type { GraphQLRequest } from '../../ports.ts';
import { readJson } from '../http/json-body.ts';
import { parametersOf } from '../http/request-url.ts';

/** Reads an operation as GraphQL over HTTP has it: a JSON body, or parameters of the URL. Throws `BAD_INPUT`, `TOO_LARGE`. */
export async function readOperation(request: IncomingMessage, maxBytes: number): Promise<GraphQLRequest> {
  const given = request.method === 'GET' ? fromUrl(request) : await readJson(request, maxBytes);
  const { query, operationName = null, variables } = objectOf(given, 'The body') ?? {};
  if (typeof query !== 'string') {
    throw new PresageError(
      'BAD_INPUT',
      'There is no query; send {"query": "subscription { … }", "variables": {}}.',
    );
  }
  if (operationName !== null && typeof operationName !== 'string') {
    throw new PresageError('BAD_INPUT', 'operationName is no text.');
  }
  return { query, operationName, variables: objectOf(variables, 'variables') };
}

function fromUrl(request: IncomingMessage): Record<string, unknown> {
  const parameters = parametersOf(request);
  const variables = parameters.get('variables');
  try {
    return {
      query: parameters.get('query'),
      operationName: parameters.get('operationName'),
      variables: variables === null ? null : JSON.parse(variables),
    };
  } catch (error) {
    throw new PresageError('BAD_INPUT', `variables is no JSON: ${String(error)}.`, { cause: error });
  }
}

function objectOf(given: unknown, what: string): Record<string, unknown> | null {
  if (given === undefined || given === null) return null;
  if (typeof given === 'object' && !Array.isArray(given)) return { ...given };
  throw new PresageError('BAD_INPUT', `${what} is no object.`);
}
