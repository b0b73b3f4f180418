import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { GraphQLError } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { PresageError } from '../../schema/errors.ts';
import { HttpRefusal, httpStatusOf } from '../../schema/http-status.ts';
import type { Domain } from '../domain/domain.ts';
import { checkAsked } from './asked.ts';
import { readRequest, Unfinished } from './body.ts';
import { answerDirectly } from './direct.ts';
import { ApiExecutor } from './executor.ts';
import { graphiqlPage } from './graphiql.ts';
import { answerJson, answerLive, answerNothing, answerReady, type Readiness } from './health.ts';
import { createErrorMask } from './mask-error.ts';
import { Operations } from './operations.ts';
import { schema } from './schema.ts';
import type { ApiSettings, Logger } from './settings.ts';
import { useApi } from './use-api.ts';

export interface ApiParts {
  readonly domain: Domain;
  readonly settings: ApiSettings;
  readonly logger: Logger;
  readonly readiness: Readiness;
}

export interface Api {
  /** Listener of a Node HTTP server: `/graphql`, `/health/live`, `/health/ready`, and `/`, which leads to the first. */
  readonly handle: RequestListener;
  /** The same API for connections that are not HTTP. */
  readonly executor: ApiExecutor;
}

const ENDPOINT = '/graphql';

/** The GraphQL API over HTTP, and its executor for the gateway. */
export function createApi({ domain, settings, logger, readiness }: ApiParts): Api {
  const mask = createErrorMask(logger);
  const operations = new Operations(schema, settings);
  const yoga = createYoga({
    schema,
    plugins: [useApi({ domain, operations, settings })],
    parserAndValidationCache: false,
    graphqlEndpoint: ENDPOINT,
    maskedErrors: { maskError: mask },
    // `readRequest` has bounded it.
    maxRequestBodySize: false,
    // One request is one operation: a batch of them would multiply every limit.
    batching: false,
    multipart: false,
    landingPage: false,
    logging: false,
    graphiql: {},
    renderGraphiQL: graphiqlPage,
    // Tokens come in a header and never in a cookie, so any page may call without acting for its visitor.
    cors: { origin: '*', credentials: false, methods: ['GET', 'POST', 'OPTIONS'], maxAge: 86_400 },
  });
  const parts = { schema, operations, domain, settings, mask };
  const unfinished = new Unfinished();
  const answerOperation = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      checkHost(request);
      checkAsked(request);
      if (request.method !== 'POST') return await yoga(request, response);
      const body = await readRequest(request, settings, unfinished);
      if (await answerDirectly(parts, body, request, response)) return;
      await yoga(Object.assign(request, { body }), response);
    } catch (error) {
      if (response.headersSent || response.destroyed) return void response.destroy();
      const masked = mask(error);
      // What is left of the body is not read, so the connection is of no more use.
      if (!request.complete) response.setHeader('connection', 'close');
      response.setHeader('access-control-allow-origin', '*');
      answerJson(response, statusOf(error, masked), { errors: [masked] });
    }
  };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? '/').split('?', 1)[0];
    switch (path) {
      case ENDPOINT:
        void answerOperation(request, response);
        break;
      case '/health/live':
        answerLive(response);
        break;
      case '/health/ready':
        void answerReady(response, readiness);
        break;
      case '/':
        response.writeHead(302, { location: ENDPOINT }).end();
        break;
      default:
        response.setHeader('access-control-allow-origin', '*');
        answerNothing(response, `There is nothing at ${path}; the API is at ${ENDPOINT}.`);
    }
  };
  return { handle, executor: new ApiExecutor(parts) };
}

/** Yoga makes a URL of it, and answers with its own stack where that can't be done. Throws `BAD_INPUT`. */
function checkHost({ headers: { host } }: IncomingMessage): void {
  if (!host || host === lastHost) return;
  if (URL.canParse(`http://${host}`)) {
    lastHost = host;
    return;
  }
  throw new PresageError(
    'BAD_INPUT',
    `The Host header is "${host.slice(0, 60)}", which is no host; send the name or address of this server.`,
  );
}

/** Mostly the next one is the same, and was found to be one. */
let lastHost = '';

function statusOf(error: unknown, { extensions }: GraphQLError): number {
  return error instanceof HttpRefusal ? error.status : httpStatusOf(extensions.code);
}
