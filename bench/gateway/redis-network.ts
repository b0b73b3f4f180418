import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { startEmbeddedPostgres } from '../../server/storage/embedded-postgres.ts';
import { Publisher } from '../../tests/support/publisher.ts';
import { TestRedis } from '../../tests/support/redis.ts';
import { ServerProcesses } from '../../tests/support/server-processes.ts';

const PUBLISH = `mutation ($input: PublishObservationsInput!) {
  publishObservations(input: $input) { successful } }`;
const SUBSCRIBE = `subscription ($uuid: String) {
  observations(ready: true, where: { stream: { uuid: { eq: $uuid } } }) {
    type cursor id observation { value observedAt } } }`;

/** A Postgres, a Redis, and the processes over them that a measurement starts: whole programs, as users run them. */
export class Network {
  readonly databaseUrl: string;
  readonly #directory: string;
  readonly #redis: TestRedis;
  readonly #stopPostgres: () => Promise<void>;
  readonly #processes: ServerProcesses;

  private constructor(directory: string, redis: TestRedis, url: string, stopPostgres: () => Promise<void>) {
    this.#directory = directory;
    this.#redis = redis;
    this.databaseUrl = url;
    this.#processes = new ServerProcesses(directory, {
      DATABASE_URL: url,
      PRESAGE_DATABASE_POOL_SIZE: '5',
      PRESAGE_MAX_CONNECTIONS_PER_ADDRESS: '100000',
    });
    this.#stopPostgres = stopPostgres;
  }

  static async open(redisServer: string): Promise<Network> {
    const directory = await mkdtemp(join(tmpdir(), 'presage-bench-'));
    const redis = await TestRedis.open(redisServer);
    const postgres = await startEmbeddedPostgres(directory);
    return new Network(directory, redis, postgres.url, () => postgres.stop());
  }

  /** Starts a process, by itself or over Redis; gives its URL. */
  async start(role: string, overRedis: boolean): Promise<string> {
    const { url } = await this.#processes.start(role, overRedis ? { REDIS_URL: this.#redis.url } : {});
    return url;
  }

  stopAll(): Promise<void> {
    return this.#processes.stopAll();
  }

  async close(): Promise<void> {
    await this.stopAll();
    await this.#redis.close();
    await this.#stopPostgres();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Resolves when subscriptions at these gateways are fed as they should be, and not by polling. */
export async function healthy(urls: readonly string[]): Promise<void> {
  for (const url of urls) {
    for (;;) {
      const response = await fetch(`${url}/health/ready`);
      const body: unknown = await response.json();
      if (JSON.stringify(body) === '{"status":"ready"}') break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** A publisher of one stream, whose observations are all at different times. */
export class Source {
  readonly #publisher: Publisher;
  #serial = Math.floor(Date.now() / 1_000);
  streamUuid = '';

  constructor(url: string) {
    this.#publisher = new Publisher(url);
  }

  async open(): Promise<this> {
    await this.#publisher.signIn();
    const name = `bench ${this.#serial} ${Math.random()}`;
    const made = await this.#publisher.ask(
      'mutation ($input: CreateStreamInput!) { createStream(input: $input) { uuid } }',
      { input: { name } },
    );
    this.streamUuid = (made.createStream as { uuid: string }).uuid;
    return this;
  }

  async publish(count: number): Promise<void> {
    const observations = Array.from({ length: count }, () => {
      this.#serial += 1;
      const observedAt = new Date(this.#serial).toISOString();
      return { streamUuid: this.streamUuid, value: String(this.#serial), observedAt };
    });
    await this.#publisher.ask(PUBLISH, { input: { observations } });
  }
}

/** Clients that do the least: each counts the events that it gets. */
export class Counting {
  readonly #sockets: WebSocket[] = [];
  #received = 0;
  #ready = 0;
  #wanted = Number.POSITIVE_INFINITY;
  #reached: () => void = () => undefined;

  /** Opens so many connections, each with a subscription to the stream; resolves when all have begun. */
  async connect(url: string, streamUuid: string, connections: number): Promise<void> {
    const payload = { query: SUBSCRIBE, variables: { uuid: streamUuid } };
    const subscribe = JSON.stringify({ id: '1', type: 'subscribe', payload });
    const goal = this.#ready + connections;
    await new Promise<void>((resolve, reject) => {
      for (let n = 0; n < connections; n += 1) {
        const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
        this.#sockets.push(socket);
        socket.on('error', reject);
        socket.on('open', () => socket.send('{"type":"connection_init"}'));
        socket.on('message', (data: Buffer) => {
          if (data.includes('"connection_ack"')) {
            socket.send(subscribe);
          } else if (data.includes('"READY"')) {
            this.#ready += 1;
            if (this.#ready === goal) resolve();
          } else if (data.includes('"next"')) this.#take();
          else if (data.includes('"ping"')) socket.send('{"type":"pong"}');
        });
      }
    });
  }

  /** Publishes and resolves when every client has had `events` more; gives milliseconds. */
  async receive(events: number, publish: () => Promise<void>): Promise<number> {
    this.#wanted = this.#received + events * this.#sockets.length;
    const reached = new Promise<void>((resolve) => {
      this.#reached = resolve;
    });
    const began = performance.now();
    await Promise.all([publish(), reached]);
    return performance.now() - began;
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  #take(): void {
    this.#received += 1;
    if (this.#received === this.#wanted) this.#reached();
  }
}
