import { afterEach } from 'vitest';
import type { LogEntry, StreamDocument } from '../../schema/log-entry.ts';
import type { GatewaySettings } from '../settings.ts';
import { type RunningGateway, runGateway } from './running-gateway.ts';
import { TestClient } from './test-client.ts';

/** What a test of a gateway on real sockets stands on. */
export interface GatewayGround {
  /** The gateway that was started. */
  readonly running: RunningGateway;
  /** Starts it, and gives its first stream. */
  start(settings?: Partial<GatewaySettings>): Promise<StreamDocument>;
  /** A client that has been acknowledged. */
  connect(accessToken?: string): Promise<TestClient>;
  /** Publishes what is in the log. */
  commit(...entries: (LogEntry | undefined)[]): void;
}

/** A gateway for each test of a file. It ends after it, as do the clients. */
export function gatewayGround(): GatewayGround {
  let running: RunningGateway | undefined;
  const clients: TestClient[] = [];
  const started = (): RunningGateway => {
    if (!running) throw new Error('the gateway has not been started');
    return running;
  };
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.stop()));
    await running?.stop();
    running = undefined;
  });
  return {
    get running() {
      return started();
    },
    start: async (settings = {}) => {
      running = await runGateway(settings);
      return running.log.stream(1);
    },
    connect: async (accessToken) => {
      const client = new TestClient(started().url);
      clients.push(client);
      return client.ready(accessToken === undefined ? {} : { accessToken });
    },
    commit: (...entries) =>
      started().broker.publish(
        'main',
        entries.filter((entry) => entry !== undefined),
      ),
  };
}
