import type { NeuronConfig } from '../config.ts';
import type { Identity } from './identity.ts';
import { createServer, type Server } from './server.ts';
import { Session } from './session.ts';
import { createTransport } from './transport.ts';

/** The server of a configuration, to be signed in at when it is first asked. `signal` ends every request. */
export function connectTo(config: NeuronConfig, identity: Identity, signal: AbortSignal): Server {
  const { serverUrl, requestTimeoutMs: timeoutMs, keepAliveMs, gzipBytes, maxAnswerBytes } = config;
  const { name, tenant, joinCode } = config;
  const url = `${serverUrl}/graphql`;
  const transport = createTransport({ url, timeoutMs, gzipBytes, maxAnswerBytes, signal });
  const place = joinCode === null ? { tenant } : { joinCode };
  const session = new Session({ transport, identity, name, place });
  return createServer({ url, transport, session, keepAliveMs, timeoutMs });
}
