import type { IncomingMessage } from 'node:http';
import { execute, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { PresageError } from '../../schema/errors.ts';
import { httpStatusOf } from '../../schema/http-status.ts';
import type { Domain } from '../domain/domain.ts';
import { addressOf } from './address.ts';
import { ApiContext, anonymous, HOW_TO_SIGN_IN, type Viewer } from './context.ts';
import type { Operations } from './operations.ts';
import type { ApiSettings } from './settings.ts';

/** What a Node server hands to yoga. */
interface ServerContext {
  readonly req: IncomingMessage;
}

interface UseApi {
  readonly domain: Domain;
  readonly operations: Operations;
  readonly settings: ApiSettings;
}

/** Runs what comes by HTTP as every other transport does: same parser, limits and context, on graphql-js. */
export function useApi({ domain, operations, settings }: UseApi): Plugin<ServerContext> {
  return {
    onParse({ params, context, setParsedDocument }) {
      const address = addressOf(context.req, settings.trustProxy);
      setParsedDocument(operations.prepare(String(params.source), address));
    },
    onValidate({ setResult }) {
      setResult([]);
    },
    async onExecute({ args, setExecuteFn }) {
      const viewer = await viewerOf(domain, settings, args.contextValue.request.headers.get('authorization'));
      const address = addressOf(args.contextValue.req, settings.trustProxy);
      setExecuteFn((given) =>
        execute({ ...given, contextValue: new ApiContext(domain, settings, viewer, address) }),
      );
    },
    onResultProcess({ result, setResult }) {
      if ('errors' in result && !('data' in result) && result.errors) {
        setResult({ ...result, errors: result.errors.map(withStatus) });
      }
    },
  };
}

/**
 * By `application/graphql-response+json` a request that was not executed has a status of its own; by `application/json`, which
 * anything between client and server may have answered, it is 200 (GraphQL over HTTP, section 6.4).
 */
function withStatus(error: GraphQLError): GraphQLError {
  const { message, nodes = null, source = null, positions = null, path = null, extensions } = error;
  if (extensions.http) return error;
  const http = { spec: true, status: httpStatusOf(extensions.code) };
  return new GraphQLError(message, { nodes, source, positions, path, extensions: { ...extensions, http } });
}

/** Who sends a request with this `Authorization` header. Throws `UNAUTHENTICATED`. */
export async function viewerOf(
  domain: Domain,
  settings: ApiSettings,
  header: string | null,
): Promise<Viewer> {
  if (header === null) return anonymous(settings);
  const token = /^Bearer +(\S+)$/i.exec(header.trim())?.[1];
  if (!token) {
    throw new PresageError(
      'UNAUTHENTICATED',
      `The Authorization header has no bearer token. ${HOW_TO_SIGN_IN}`,
    );
  }
  const { actor } = await domain.peers.verify(token);
  return { tenant: actor.tenant, actor, mayRead: true, token };
}
