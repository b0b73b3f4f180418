import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { Control } from '../../server/domain/control/control.ts';
import { LocalControl } from '../../server/domain/control/local-control.ts';
import { type DomainSettings, type OpenDomain, openDomain } from '../../server/domain/open-domain.ts';
import { PeerDirectory } from '../../server/domain/peer/peer-directory.ts';
import { DEFAULT_PEER_SETTINGS, type PeerSettings } from '../../server/domain/peer/settings.ts';
import { type Api, createApi } from '../../server/graphql/api.ts';
import { type ApiSettings, DEFAULT_API_SETTINGS } from '../../server/graphql/settings.ts';
import { textAt } from '../../server/graphql/testing/reading.ts';
import type { Database } from '../../server/storage/database.ts';

/** What a GraphQL response holds, as far as tests look. */
export interface Answer {
  /** Whatever was asked for: see `reading.ts`. */
  readonly data?: unknown;
  readonly errors?: readonly { message: string; extensions: { code: string } }[];
}

export interface TestApi extends Pick<Api, 'executor'> {
  readonly domain: OpenDomain;
  readonly url: string;
  query(query: string, variables?: object, token?: string, headers?: Record<string, string>): Promise<Answer>;
  /** Signs in and gives the answer to `authenticate`. */
  signIn(key: TestKey, place?: { tenant?: string; joinCode?: string; name?: string }): Promise<Answer>;
  /** Signs in and gives the access token. Throws the message of a refusal. */
  token(key: TestKey, place?: { tenant?: string; joinCode?: string }): Promise<string>;
  close(): Promise<void>;
}

export interface TestKey {
  readonly publicKey: string;
  sign(text: string): string;
}

export function newKey(): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ format: 'jwk' }).x ?? '',
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url'),
  };
}

/** The API over a real database, on a port of its own. */
export async function openTestApi(
  database: Database,
  given: Partial<PeerSettings> = {},
  api: Partial<ApiSettings> = {},
  control: Control = new LocalControl(),
  more: Partial<DomainSettings> = {},
): Promise<TestApi> {
  const silent = (): void => {};
  const logger = { debug: silent, info: silent, warn: silent, error: silent };
  const rules = { ...DEFAULT_PEER_SETTINGS, ...given };
  const peers = await PeerDirectory.open({ prisma: database.prisma, settings: rules });
  const domain = await openDomain(database, peers, { maxFutureMs: 60_000, rules, ...more }, logger, control);
  const settings = { ...DEFAULT_API_SETTINGS, ...api };
  const { handle, executor } = createApi({ domain, settings, logger, readiness: async () => [] });
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/graphql`;
  const query: TestApi['query'] = async (text, variables = {}, token, headers = {}) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: JSON.stringify({ query: text, variables }),
    });
    return (await response.json()) as Answer;
  };
  const signIn: TestApi['signIn'] = async ({ publicKey, sign: answer }, place = {}) => {
    const asked = await query('mutation($key: String!) { requestChallenge(publicKey: $key) { challenge } }', {
      key: publicKey,
    });
    if (asked.errors) return asked;
    const challenge = textAt(asked.data, 'requestChallenge.challenge');
    const input = { publicKey, challenge, signature: answer(challenge), ...place };
    return query(
      'mutation($input: AuthenticateInput!) { authenticate(input: $input) { accessToken refreshToken peer { publicKey role } } }',
      { input },
    );
  };
  return {
    domain,
    executor,
    url,
    query,
    signIn,
    token: async (key, place) => {
      const { data, errors } = await signIn(key, place);
      if (errors?.[0]) throw new Error(`${errors[0].extensions.code}: ${errors[0].message}`);
      return textAt(data, 'authenticate.accessToken');
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
