import { vi } from 'vitest';
import { freePort } from './presage.ts';
import { TestRedis } from './redis.ts';

const SLOTS = 16_384;
const PATIENCE = { timeout: 30_000, interval: 20 };

export interface ClusterShape {
  /** Nodes that share the slots. */
  readonly primaries: number;
  /** Whether each has a replica that takes over from it. @default false */
  readonly replicated?: boolean;
}

interface Node {
  readonly redis: TestRedis;
  /** Where nodes talk to each other: by default 10,000 further up, where a free port may have none. */
  readonly busPort: number;
}

/** A Redis Cluster of a test's own. */
export class TestRedisCluster {
  readonly primaries: readonly TestRedis[];
  readonly replicas: readonly TestRedis[];

  private constructor(primaries: readonly TestRedis[], replicas: readonly TestRedis[]) {
    this.primaries = primaries;
    this.replicas = replicas;
  }

  static async open(
    executable: string,
    { primaries, replicated = false }: ClusterShape,
  ): Promise<TestRedisCluster> {
    const open = async (): Promise<Node> => {
      const busPort = await freePort();
      const args = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)];
      return {
        busPort,
        redis: await TestRedis.open(executable, [...args, '--cluster-node-timeout', '1000']),
      };
    };
    const count = replicated ? 2 * primaries : primaries;
    const nodes = await Promise.all(Array.from({ length: count }, open));
    const all = nodes.map(({ redis }) => redis);
    const cluster = new TestRedisCluster(all.slice(0, primaries), all.slice(primaries));
    try {
      await cluster.#join(nodes);
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  get #all(): readonly TestRedis[] {
    return [...this.primaries, ...this.replicas];
  }

  get url(): string {
    return this.primaries[0]?.url ?? '';
  }

  /** `host:port` of all. */
  get nodes(): readonly string[] {
    return this.#all.map(({ port }) => `127.0.0.1:${port}`);
  }

  /** Kills every node. */
  async stopAll(): Promise<void> {
    await Promise.all(this.#all.map((node) => node.stop('SIGKILL')));
  }

  /** Starts every node again, with nothing but its place in the Cluster. */
  async startAll(): Promise<void> {
    await Promise.all(this.#all.map((node) => node.start()));
    await this.whole();
  }

  /** Asks each node that serves slots now. */
  async ofPrimaries<T>(ask: (node: TestRedis) => Promise<T>): Promise<T[]> {
    return Promise.all((await this.#having('master')).map(ask));
  }

  /** Asks each node that is ready to take over from another now. */
  async ofReplicas<T>(ask: (node: TestRedis) => Promise<T>): Promise<T[]> {
    return Promise.all((await this.#having('slave')).map(ask));
  }

  /** Keys that match, wherever they are. */
  async keys(pattern: string): Promise<string[]> {
    return (await this.ofPrimaries(({ admin }) => admin.keys(pattern))).flat();
  }

  /** Resolves when every node that runs knows of `nodes`, and all slots are served. */
  async whole(): Promise<void> {
    const living = this.#all.filter(({ isRunning }) => isRunning);
    const states = () =>
      Promise.all(living.map(async ({ admin }) => String(await admin.call('CLUSTER', 'INFO'))));
    const isWhole = (state: string) =>
      state.includes('cluster_state:ok') && state.includes(`cluster_slots_ok:${SLOTS}`);
    await vi.waitUntil(async () => (await states()).every(isWhole), PATIENCE);
  }

  /** Resolves when each node that serves slots has a replica in step with it: one that could take over. */
  async replicated(): Promise<void> {
    const hasReplica = async ({ admin }: TestRedis) => /state=online/.test(await admin.info('replication'));
    await vi.waitUntil(async () => (await this.ofPrimaries(hasReplica)).every(Boolean), PATIENCE);
  }

  /** Moves the slot of a key, which has none other, to another node, as an operator who reshards does. */
  async moveSlotOf(key: string): Promise<void> {
    const nodes = await this.#having('master');
    const having = await Promise.all(nodes.map(({ admin }) => admin.keys(key)));
    const from = nodes[having.findIndex(({ length }) => length > 0)];
    const to = nodes.find((node) => node !== from);
    if (!from || !to) throw new Error(`no node has ${key}, or no other is there`);
    const [source, target] = await Promise.all(
      [from, to].map(async ({ admin }) => String(await admin.call('CLUSTER', 'MYID'))),
    );
    const slot = String(await from.admin.call('CLUSTER', 'KEYSLOT', key));
    await to.admin.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source ?? '');
    await from.admin.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target ?? '');
    await from.admin.call('MIGRATE', '127.0.0.1', to.port, key, 0, 5_000);
    for (const { admin } of [to, from]) await admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', target ?? '');
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((node) => node.close()));
  }

  async #having(role: string): Promise<TestRedis[]> {
    const living = this.#all.filter(({ isRunning }) => isRunning);
    const roles = await Promise.all(living.map(({ admin }) => admin.call('ROLE')));
    return living.filter((_, index) => String(roles[index]).startsWith(role));
  }

  async #join(nodes: readonly Node[]): Promise<void> {
    const size = this.primaries.length;
    const [first] = nodes;
    for (const [index, { admin }] of this.primaries.entries()) {
      const [from, to] = [index, index + 1].map((n) => Math.floor((SLOTS * n) / size));
      await admin.call('CLUSTER', 'ADDSLOTSRANGE', from ?? 0, (to ?? 0) - 1);
      await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    }
    for (const { redis, busPort } of nodes.slice(1)) {
      await first?.redis.admin.call('CLUSTER', 'MEET', '127.0.0.1', redis.port, busPort);
    }
    const knowsAll = async ({ admin }: TestRedis) =>
      String(await admin.call('CLUSTER', 'INFO')).includes(`cluster_known_nodes:${nodes.length}\r`);
    for (const node of this.#all) await vi.waitUntil(() => knowsAll(node), PATIENCE);
    await Promise.all(this.replicas.map((replica, index) => this.#follow(replica, this.primaries[index])));
    await this.whole();
  }

  async #follow({ admin }: TestRedis, primary: TestRedis | undefined): Promise<void> {
    await admin.call('CLUSTER', 'REPLICATE', String(await primary?.admin.call('CLUSTER', 'MYID')));
    const isInStep = async () => (await admin.info('replication')).includes('master_link_status:up');
    await vi.waitUntil(isInStep, PATIENCE);
  }
}
