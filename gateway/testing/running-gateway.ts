import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PresageError } from '../../schema/errors.ts';
import { InProcessBroker } from '../broker/in-process.ts';
import { createGateway, type Gateway } from '../gateway.ts';
import type { Logger } from '../logger.ts';
import type { Authenticate, Broker, Meters } from '../ports.ts';
import type { RedisConnections } from '../redis/connections.ts';
import type { GatewaySettings } from '../settings.ts';
import { TestExecutor } from './executor.ts';
import { MemoryLog } from './memory-log.ts';

export const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Tokens are `<peer>`, `<peer>@<tenant>` or `<peer>!<expiry in epoch ms>`; `bad` is refused, `broken` fails, `away` can't be checked. */
const authenticateByName: Authenticate = async (token) => {
  if (token === null) return { tenant: 'main', publicKey: null, expiresAt: null };
  if (token === 'bad') throw new PresageError('UNAUTHENTICATED', 'The access token is bad; sign in again.');
  if (token === 'broken') throw new Error('secret details');
  if (token === 'away')
    throw new PresageError('UNAVAILABLE', 'The database is away: see to it that it runs.');
  const [who = '', expiry] = token.split('!');
  const [publicKey = '', tenant = 'main'] = who.split('@');
  return { tenant, publicKey, expiresAt: expiry === undefined ? null : Number(expiry) };
};

export interface RunningGateway {
  readonly gateway: Gateway;
  readonly log: MemoryLog;
  readonly executor: TestExecutor;
  readonly broker: Broker;
  /** ws://…/graphql */
  readonly url: string;
  /** Cuts every connection that HTTP has, as if cables had been pulled. */
  readonly cutConnections: () => void;
  readonly stop: () => Promise<void>;
}

export interface RunningGatewayParts {
  readonly log?: MemoryLog;
  readonly broker?: Broker;
  /** With it, streamers that the test starts match for the gateway. */
  readonly redis?: RedisConnections | undefined;
  readonly meters?: Meters;
  readonly logger?: Logger;
  readonly admits?: (request: IncomingMessage) => void;
}

/** A gateway on a port of its own, over a log in memory. */
export async function runGateway(
  settings: Partial<GatewaySettings> = {},
  {
    log = new MemoryLog(),
    broker = new InProcessBroker(SILENT),
    redis,
    meters,
    logger = SILENT,
    admits,
  }: RunningGatewayParts = {},
): Promise<RunningGateway> {
  const executor = new TestExecutor();
  const gateway = createGateway({
    log,
    executor,
    broker,
    redis,
    authenticate: authenticateByName,
    logger,
    settings,
    ...(meters && { meters }),
    ...(admits && { admits }),
    addressOf: (request) => request.socket.remoteAddress,
  });
  const server = createServer((request, response) => {
    if (!gateway.handle(request, response)) response.writeHead(404).end();
  });
  gateway.attach(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    await gateway.close();
    await new Promise((resolve) => {
      server.close(resolve);
      // The gateway's are gone; a client may hold others in store.
      server.closeAllConnections();
    });
  };
  return {
    ...{ gateway, log, executor, broker, stop },
    url: `ws://127.0.0.1:${port}/graphql`,
    cutConnections: () => server.closeAllConnections(),
  };
}
