import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryDirectory } from '../testing/test-neuron.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';
import { loadIdentity } from './identity.ts';
import { ServerUnreachable } from './server-errors.ts';
import { Session } from './session.ts';
import { createTransport, type Transport } from './transport.ts';

let server: TestServer;
let now = 0;

beforeEach(async () => {
  server = await startTestServer();
  now = 0;
});
afterEach(() => server.stop());

function makeSession(through: (transport: Transport) => Transport = (transport) => transport): Session {
  const { signal } = new AbortController();
  const transport = createTransport({
    url: `${server.url}/graphql`,
    timeoutMs: 5_000,
    gzipBytes: 8_192,
    maxAnswerBytes: 1_000_000,
    signal,
  });
  const identity = loadIdentity(temporaryDirectory());
  return new Session({ transport: through(transport), identity, name: 'n', now: () => now });
}

it('signs in once for all who ask, and renews before the token expires', async () => {
  server.peers.tokenSeconds = 100;
  const session = makeSession();
  const [first, same] = await Promise.all([session.token(), session.token()]);
  expect(first).toBe(same);
  now = 79_000;
  expect(await session.token()).toBe(first);
  now = 80_000;
  const [second, shared] = await Promise.all([session.token(), session.token()]);
  expect(second).toBe(shared);
  expect(second).not.toBe(first);
  expect(server.peers).toMatchObject({ signIns: 1, refreshes: 1 });
});

it('does not renew for a token that is no longer in use', async () => {
  const session = makeSession();
  const first = await session.token();
  session.refused(first);
  const second = await session.token();
  session.refused(first);
  expect(await session.token()).toBe(second);
});

it('uses no refresh token again, whether it has heard the answer or not', async () => {
  server.peers.tokenSeconds = 100;
  const refreshed: unknown[] = [];
  const session = makeSession((transport) => ({
    request: async (document, variables, token) => {
      const isRefresh = variables && 'refreshToken' in variables;
      if (isRefresh) refreshed.push(variables.refreshToken);
      const data = await transport.request(document, variables, token);
      if (!isRefresh) return data;
      throw new ServerUnreachable('The answer is lost.');
    },
  }));
  await session.token();
  now = 80_000;
  await expect(session.token()).rejects.toThrow('lost');
  await session.token();
  expect(refreshed).toHaveLength(1);
  expect(server.peers).toMatchObject({ signIns: 2, refreshes: 1 });
});

it('says that the server can not be reached, and signs in once it can', async () => {
  const { port, log } = server;
  const session = makeSession();
  await server.stop();
  await expect(session.token()).rejects.toBeInstanceOf(ServerUnreachable);
  server = await startTestServer(port, log);
  expect(server.peers.verify(await session.token())).toMatch(/^[\w-]{43}$/);
});
