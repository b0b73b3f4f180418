import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import {
  ContractClient,
  type ContractEvent,
  type ContractTransport,
  OBSERVATIONS,
} from '../contract-client.ts';
import { codeOf, variablesOf } from './variables.ts';

/** Close codes in the words of the other transports. */
const CODES: Readonly<Record<number, string>> = {
  1001: 'GONE',
  4403: 'UNAUTHENTICATED',
  4470: 'UNAUTHENTICATED',
  4471: 'UNAVAILABLE',
  4473: 'FORBIDDEN',
};
const STATUSES: Readonly<Record<string, string>> = { 400: 'BAD_INPUT', 429: 'LIMITED', 503: 'UNAVAILABLE' };

/** graphql-transport-ws by the graphql-ws client. */
export const webSocket: ContractTransport = {
  name: 'graphql-transport-ws',
  subscribe: (url, ask) => {
    const client = new ContractClient();
    let socket: WebSocket | undefined;
    const library = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: class extends WebSocket {
        constructor(address: string, protocols?: string | string[]) {
          super(address, protocols);
          socket = this;
          this.on('unexpected-response', (_request, { statusCode }) =>
            client.over(STATUSES[String(statusCode)] ?? `HTTP ${statusCode}`),
          );
          this.on('error', () => undefined);
        }
      },
      retryAttempts: 0,
      ...(ask.token === undefined ? {} : { connectionParams: { accessToken: ask.token } }),
    });
    library.subscribe<{ observations: ContractEvent }>(
      { query: OBSERVATIONS, variables: variablesOf(ask) },
      {
        next: ({ data }) => {
          if (data) client.take(data.observations);
        },
        error: (error) => client.over(whyOf(error)),
        complete: () => client.over('COMPLETE'),
      },
    );
    client.stop = () => library.terminate();
    const { stall, flow } = client;
    client.stall = () => {
      stall.call(client);
      socket?.pause();
    };
    client.flow = () => {
      flow.call(client);
      socket?.resume();
    };
    return client;
  },
  execute: async (url, query) => {
    const library = createClient({ url: `${url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
    const results: string[] = [];
    for await (const result of library.iterate({ query })) results.push(JSON.stringify(result));
    await library.dispose();
    return results.join();
  },
  withTokenInUrl: async (url) => {
    const socket = new WebSocket(
      `${url.replace('http', 'ws')}/graphql?access_token=alice`,
      'graphql-transport-ws',
    );
    socket.on('error', () => undefined);
    return new Promise((resolve) => {
      socket.on('unexpected-response', (_request, response) => {
        response.on('data', (body) => resolve(codeOf(JSON.parse(String(body)).errors)));
      });
      socket.on('open', () => resolve('taken'));
    });
  },
};

function whyOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number') {
    return CODES[error.code] ?? String(error.code);
  }
  return codeOf(error);
}
