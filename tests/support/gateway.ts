import { createServer } from 'node:http';
import { authenticator } from '../../cli/serve/authenticator.ts';
import { gatewayLog } from '../../cli/serve/gateway-log.ts';
import { InProcessBroker } from '../../gateway/broker/in-process.ts';
import { createGateway, type Gateway } from '../../gateway/gateway.ts';
import type { GatewaySettings } from '../../gateway/settings.ts';
import { SILENT } from '../../gateway/testing/running-gateway.ts';
import type { TestApi } from './api.ts';

export interface TestGateway {
  readonly gateway: Gateway;
  /** ws://…/graphql */
  readonly url: string;
  close(): Promise<void>;
}

/** The gateway of an API, wired as a server wires it, on a port of its own. */
export async function openTestGateway(
  { domain, executor }: TestApi,
  settings: Partial<GatewaySettings> = {},
): Promise<TestGateway> {
  const broker = new InProcessBroker(SILENT);
  const stopPublishing = domain.log.onCommit((tenant, entries) => broker.publish(tenant, entries));
  const gateway = createGateway({
    ...{ broker, executor, settings, logger: SILENT },
    log: gatewayLog(domain.reader, domain),
    catchUpLog: gatewayLog(domain.subscribers, domain),
    authenticate: authenticator(domain.peers, true),
    addressOf: (request) => request.socket.remoteAddress,
  });
  const http = createServer();
  gateway.attach(http);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  return {
    gateway,
    url: `ws://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/graphql`,
    close: async () => {
      stopPublishing();
      await gateway.close();
      http.close();
    },
  };
}
