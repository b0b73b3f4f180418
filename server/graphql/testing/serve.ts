import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Api, createApi } from '../api.ts';
import type { NotReady } from '../health.ts';
import { type ApiSettings, DEFAULT_API_SETTINGS, type Logger } from '../settings.ts';
import { ALICE_TOKEN, InMemoryDomain } from './in-memory-domain.ts';

/** What a GraphQL response holds, as far as tests look. */
export interface Answer {
  /** Whatever was asked for: see `reading.ts`. */
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: { readonly code: string; readonly id?: string };
  }[];
}

export interface ServedApi extends Api {
  readonly domain: InMemoryDomain;
  readonly url: string;
  /** What was logged as an error. */
  readonly logged: { readonly fields: object; readonly message: string }[];
  /** What readiness answers with. */
  readonly notReady: NotReady[];
  /** Runs an operation by HTTP, as Alice unless there is another token, or null for none. */
  query(query: string, variables?: object, token?: string | null): Promise<Answer>;
  close(): Promise<void>;
}

/** The API on a port of its own, over a domain in memory. */
export async function serveApi(settings: Partial<ApiSettings> = {}): Promise<ServedApi> {
  const domain = new InMemoryDomain();
  const logged: ServedApi['logged'] = [];
  const notReady: NotReady[] = [];
  const ignore = (): void => {};
  const logger: Logger = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (fields, message) => logged.push({ fields, message }),
  };
  const api = createApi({
    domain,
    settings: { ...DEFAULT_API_SETTINGS, ...settings },
    logger,
    readiness: async () => notReady,
  });
  const server = createServer(api.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    ...api,
    domain,
    url,
    logged,
    notReady,
    query: async (query, variables = {}, token = ALICE_TOKEN) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as Answer;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
