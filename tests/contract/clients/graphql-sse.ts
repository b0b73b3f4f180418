import { createClient, NetworkError } from 'graphql-sse';
import {
  ContractClient,
  type ContractEvent,
  type ContractTransport,
  OBSERVATIONS,
} from '../contract-client.ts';
import { gatedFetch } from './gated-fetch.ts';
import { codeOf, variablesOf } from './variables.ts';

/** graphql-sse in distinct connections mode, by its client. */
export const graphqlSse: ContractTransport = {
  name: 'graphql-sse',
  subscribe: (url, ask) => {
    const client = new ContractClient();
    const library = createClient({
      url: `${url}/graphql/stream`,
      retryAttempts: 0,
      headers: ask.token === undefined ? {} : { authorization: `Bearer ${ask.token}` },
      fetchFn: gatedFetch(client, (body) => client.over(refusalOf(body))),
    });
    client.stop = library.subscribe<{ observations: ContractEvent }>(
      { query: OBSERVATIONS, variables: variablesOf(ask) },
      {
        next: ({ data, errors }) => {
          if (data) client.take(data.observations);
          else client.over(codeOf(errors));
        },
        error: (error) => client.over(error instanceof NetworkError ? 'GONE' : String(error)),
        complete: () => client.over('COMPLETE'),
      },
    );
    return client;
  },
  execute: async (url, query) => {
    const library = createClient({ url: `${url}/graphql/stream`, retryAttempts: 0 });
    const results: string[] = [];
    for await (const result of library.iterate({ query })) results.push(JSON.stringify(result));
    return results.join();
  },
  withTokenInUrl: async (url) => {
    const response = await fetch(`${url}/graphql/stream?token=alice`, { method: 'POST' });
    return refusalOf(await response.json());
  },
};

export function refusalOf(body: unknown): string {
  return typeof body === 'object' && body !== null && 'errors' in body ? codeOf(body.errors) : 'no errors';
}
