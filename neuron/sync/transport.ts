import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type AnyVariables, Client, fetchExchange, type TypedDocumentNode } from '@urql/core';
import { boundedFetch } from './bounded-fetch.ts';
import { ServerRefusal, serverError } from './server-errors.ts';

/** Asks the server one thing over HTTP. */
export interface Transport {
  /**
   * The data of a query or mutation. Throws `ServerRefusal` if the server says no and `ServerUnreachable` if it says
   * nothing (in time).
   */
  request<Data, Variables extends AnyVariables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    token?: string,
  ): Promise<Data>;
}

export interface TransportOptions {
  /** The GraphQL endpoint. */
  readonly url: string;
  readonly timeoutMs: number;
  /** Bodies of at least so many characters are sent as gzip. */
  readonly gzipBytes: number;
  /** Longer answers are given up. */
  readonly maxAnswerBytes: number;
  /** Ends whatever is still being asked. */
  readonly signal: AbortSignal;
}

export function createTransport(options: TransportOptions): Transport {
  const { url, timeoutMs, gzipBytes, maxAnswerBytes, signal } = options;
  const ask = boundedFetch(maxAnswerBytes);
  const client = new Client({
    url,
    exchanges: [fetchExchange],
    requestPolicy: 'network-only',
    preferGetMethod: false,
    fetch: async (input, init) =>
      ask(input, {
        ...(await packed(init, gzipBytes)),
        signal: bounded(signal, init?.signal, timeoutMs),
      }),
  });
  return {
    request: async (document, variables, token) => {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const kind = isMutation(document) ? 'mutation' : 'query';
      const { data, error } = await client[kind](document, variables, {
        fetchOptions: { headers },
      }).toPromise();
      if (error) throw serverError(error);
      if (data === undefined) throw new ServerRefusal('INTERNAL', 'The server answered without data.');
      return data;
    },
  };
}

const compress = promisify(gzip);

/** A large body is compressed, on a thread of its own: predictions repeat themselves, and uplinks are narrow. */
async function packed(init: RequestInit | undefined, gzipBytes: number): Promise<RequestInit | undefined> {
  if (typeof init?.body !== 'string' || init.body.length < gzipBytes) return init;
  const headers = new Headers(init.headers);
  headers.set('content-encoding', 'gzip');
  return { ...init, headers, body: await compress(init.body) };
}

function isMutation(document: { readonly definitions: readonly object[] }): boolean {
  return document.definitions.some((part) => 'operation' in part && part.operation === 'mutation');
}

function bounded(stop: AbortSignal, own: AbortSignal | null | undefined, timeoutMs: number): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return AbortSignal.any(own ? [stop, own, timeout] : [stop, timeout]);
}
