import { type AnyVariables, Client, fetchExchange, type TypedDocumentNode } from '@urql/core';
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
  /** Ends whatever is still being asked. */
  readonly signal: AbortSignal;
}

export function createTransport({ url, timeoutMs, signal }: TransportOptions): Transport {
  const client = new Client({
    url,
    exchanges: [fetchExchange],
    requestPolicy: 'network-only',
    preferGetMethod: false,
    fetch: (input, init) => fetch(input, { ...init, signal: bounded(signal, init?.signal, timeoutMs) }),
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

function isMutation(document: { readonly definitions: readonly object[] }): boolean {
  return document.definitions.some((part) => 'operation' in part && part.operation === 'mutation');
}

function bounded(stop: AbortSignal, own: AbortSignal | null | undefined, timeoutMs: number): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return AbortSignal.any(own ? [stop, own, timeout] : [stop, timeout]);
}
