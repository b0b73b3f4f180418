import { expect } from 'vitest';
import type { Filter } from '../../../schema/filter/form.ts';
import type { ServerProcess } from '../../support/server-processes.ts';
import { Cluster, degraded, type PrepareRedis } from './cluster.ts';
import { someFilters } from './filters.ts';
import { SEED } from './form.ts';
import { Random } from './random.ts';
import { type OpenFeed, Recorder } from './recorder.ts';
import { keyEnding } from './redis-keys.ts';
import { socketFeed } from './socket-feed.ts';
import { Truth } from './truth.ts';
import { EXACT, settle, verify } from './verify.ts';
import { Writer } from './writer.ts';

/** How long a fault may take to heal: a lease, a sweep, a few tries to connect. */
export const HEALED = { timeout: 30_000, interval: 50 };

/** Two of each role. */
const SIX = ['api', 'api', 'gateway', 'gateway', 'streamer', 'streamer'];

/** Processes over one Redis, two of each role or what is asked for, and clients that record while a writer writes. */
export class ClusterUnderLoad {
  readonly random = new Random(SEED);
  readonly cluster: Cluster;
  readonly apis: readonly ServerProcess[];
  readonly gateways: readonly ServerProcess[];
  readonly streamers: readonly ServerProcess[];
  readonly writer: Writer;
  readonly clients: Recorder[] = [];
  readonly #over = new AbortController();
  #writing: Promise<void> | undefined;

  private constructor(
    cluster: Cluster,
    writer: Writer,
    processes: readonly { readonly role: string; readonly server: ServerProcess }[],
  ) {
    this.cluster = cluster;
    this.writer = writer;
    const those = (wanted: string) =>
      processes.filter(({ role }) => role === wanted || role === 'all').map(({ server }) => server);
    this.apis = those('api');
    this.gateways = those('gateway');
    this.streamers = those('streamer');
  }

  static async open(
    redis: string,
    { roles = SIX, prepare }: { readonly roles?: readonly string[]; readonly prepare?: PrepareRedis } = {},
  ): Promise<ClusterUnderLoad> {
    const cluster = await Cluster.open(redis, prepare);
    const start = async (role: string) => ({ role, server: await cluster.start(role) });
    const processes = await Promise.all(roles.map(start));
    const serving = processes.filter(({ role }) => role === 'api' || role === 'all');
    const urls = serving.map(({ server }) => server.url);
    const writer = await new Writer({ urls, seed: SEED, paceMs: 15 }).open();
    return new ClusterUnderLoad(cluster, writer, processes);
  }

  /** Begins to write, with so many clients that listen: to any gateway by WebSocket, unless `open` does it otherwise. */
  async begin(count: number, open: (filter: Filter) => OpenFeed = () => this.#anyGateway()): Promise<void> {
    const [everything, ...others] = someFilters(this.writer.uuids, 24, SEED);
    for (let index = 0; index < count; index += 1) {
      const filter = index % 10 === 0 && everything ? everything : this.random.pick(others);
      this.clients.push(new Recorder({ open: open(filter), filter, seed: SEED + index }).connect());
    }
    await expect.poll(() => this.clients.every(({ start }) => start !== undefined), HEALED).toBe(true);
    this.#writing = this.writer.writeUntil(this.#over.signal);
  }

  async #stopWriting(): Promise<void> {
    this.#over.abort();
    await this.#writing;
  }

  /**
   * Ends the writing, and expects of every client exactly what the tables say, `each` events a client at least. Prints what that
   * was.
   */
  async expectExact(each: number): Promise<void> {
    await this.#stopWriting();
    const truth = new Truth(this.cluster.database);
    await settle(truth, this.clients, 30_000);
    const verdict = await verify(truth, this.clients);
    const { clients, connections, delivered, expected } = verdict;
    process.stdout.write(
      `${clients} clients, ${connections} connections, ${this.writer.writes} writes, ${delivered} of ${expected} events delivered\n`,
    );
    expect(verdict).toMatchObject(EXACT);
    expect(expected).toBeGreaterThan(clients * each);
  }

  async close(): Promise<void> {
    this.#over.abort();
    for (const client of this.clients) client.stop();
    await this.cluster.close();
  }

  /** No process says that anything is amiss: subscriptions are fed over Redis again. */
  async allHealthy(): Promise<void> {
    const all = [...this.apis, ...this.gateways, ...this.streamers];
    await expect.poll(async () => (await Promise.all(all.map(degraded))).flat(), HEALED).toEqual([]);
  }

  /** Every gateway has registered again, under another id, and is fed over Redis. */
  async begunAnew(before: readonly string[]): Promise<void> {
    const others = async () => (await this.gatewayIds()).filter((id) => !before.includes(id)).length;
    await expect.poll(others, HEALED).toBe(this.gateways.length);
    await this.allHealthy();
  }

  async gatewayIds(): Promise<readonly string[]> {
    const { redis } = this.cluster;
    return redis.admin.smembers(await keyEnding(redis, ':gateways'));
  }

  /** Something that is written now reaches everybody who wants everything. */
  async newsArrives(): Promise<void> {
    const before = Math.max(...this.clients.map(({ position }) => position));
    const head = () => Math.min(...this.clients.filter(wantsAll).map(({ position }) => position));
    await expect.poll(head, HEALED).toBeGreaterThan(before);
  }

  /** Each connection goes to a gateway at random, as a load balancer would have it. */
  #anyGateway(): OpenFeed {
    return (request, listener) => socketFeed(this.random.pick(this.gateways).url)(request, listener);
  }
}

function wantsAll({ filter }: Recorder): boolean {
  return filter.kind === 'and' && filter.of.length === 0;
}
