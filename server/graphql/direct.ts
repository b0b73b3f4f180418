import type { IncomingMessage, ServerResponse } from 'node:http';
import { execute, type GraphQLSchema, getOperationAST } from 'graphql';
import type { Domain } from '../domain/domain.ts';
import { addressOf } from './address.ts';
import { ApiContext } from './context.ts';
import type { ErrorMask } from './mask-error.ts';
import type { Operations } from './operations.ts';
import type { ApiSettings } from './settings.ts';
import { viewerOf } from './use-api.ts';

interface DirectParts {
  readonly schema: GraphQLSchema;
  readonly operations: Operations;
  readonly domain: Domain;
  readonly settings: ApiSettings;
  readonly mask: ErrorMask;
}

/** The parameters that are understood here; whatever else a body has is for yoga to refuse. */
const PARAMETERS: ReadonlySet<string> = new Set(['query', 'variables', 'operationName']);

/**
 * Answers the plainest of calls without yoga, whose web requests, responses and streams cost more than a small operation:
 * a POST by a program, of a query or mutation that was valid before, answered by JSON. False, with nothing done, for all
 * else, which is yoga's: pages of other origins, subscriptions, other media types, whatever is to be refused.
 */
export async function answerDirectly(
  { schema, operations, domain, settings, mask }: DirectParts,
  body: object,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (!isPlain(request) || !isUnderstood(body)) return false;
  const { query, operationName, variables } = body;
  const document = operations.known(query);
  const operation = document && getOperationAST(document, operationName);
  if (!operation || operation.operation === 'subscription') return false;
  const viewer = await viewerOf(domain, settings, request.headers.authorization ?? null).catch(
    () => undefined,
  );
  if (!viewer) return false;
  const result = await execute({
    schema,
    document,
    operationName: operationName ?? null,
    variableValues: variables ?? null,
    contextValue: new ApiContext(domain, settings, viewer, addressOf(request, settings.trustProxy)),
  });
  const answer = JSON.stringify(result.errors ? { ...result, errors: result.errors.map(mask) } : result);
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(answer),
  });
  response.end(answer);
  return true;
}

function isPlain({ url, headers }: IncomingMessage): boolean {
  const accept = headers.accept ?? '*/*';
  return (
    url === '/graphql' && headers.origin === undefined && (accept === '*/*' || accept === 'application/json')
  );
}

interface PlainBody {
  readonly query: string;
  readonly operationName?: string | null;
  readonly variables?: Readonly<Record<string, unknown>> | null;
}

function isUnderstood(body: object): body is PlainBody {
  for (const name in body) if (!PARAMETERS.has(name)) return false;
  const {
    query,
    operationName,
    variables,
  }: { query?: unknown; operationName?: unknown; variables?: unknown } = body;
  return (
    typeof query === 'string' &&
    (operationName == null || typeof operationName === 'string') &&
    (variables == null || (typeof variables === 'object' && !Array.isArray(variables)))
  );
}
