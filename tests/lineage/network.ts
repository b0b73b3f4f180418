import type { StreamReport } from '../../server/collectors/collection-report.ts';
import { InstanceAgent } from '../../server/collectors/instance/instance-agent.ts';
import type { Selection } from '../../server/collectors/selection.ts';
import type { Actor } from '../../server/domain/actor.ts';
import type { LineageRecord } from '../../server/domain/lineage/lineage.ts';
import type { OpenDomain } from '../../server/domain/open-domain.ts';
import type { NewStream } from '../../server/domain/stream/streams.ts';

const QUIET = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
};

interface ProcessParts {
  readonly domain: OpenDomain;
  readonly actor: Actor;
  readonly name: string;
  readonly standby: boolean;
  readonly streams: readonly NewStream[];
  readonly beatMs: number;
  /** How it keeps its record and finds its streams, where it is not inside a server. */
  readonly over?: {
    readonly record: KeptRecord;
    readonly ensure: (stream: NewStream) => Promise<number>;
  };
}

type KeptRecord = Omit<LineageRecord, 'retire'>;

/** An instance as a process of its own would be: it collects what it is told, and may be killed. */
export class TestProcess {
  readonly #parts: ProcessParts;
  readonly #reports = new Map<string, { messages: number; first: number; last: number }>();
  readonly #sampling: NodeJS.Timeout;
  readonly #agent: InstanceAgent;
  #selected: Selection = new Set();
  #dead = false;

  private constructor(parts: ProcessParts) {
    this.#parts = parts;
    const { domain, actor, name, standby, streams, beatMs, over } = parts;
    this.#agent = new InstanceAgent({
      ...{
        tenant: actor.tenant,
        record: this.#mortal(over?.record ?? domain.record),
        config: null,
        beatMs,
        log: QUIET,
      },
      instance: {
        ...{ name, version: '1', host: name, port: 1, storagePath: '/', environment: 'test', standby },
        clientId: actor.peer.publicKey,
      },
      collection: {
        streams: () => streams,
        select: (selection) => {
          this.#selected = selection;
        },
        report: () => this.#report(),
      },
      ensure: async (wanted) => {
        if (over) return over.ensure(wanted);
        const stream = wanted.name;
        const found = await domain.streams.find(actor.tenant, { name: stream });
        if (!found) throw new Error(`no stream ${stream}`);
        return found.serverId;
      },
    });
    this.#sampling = setInterval(() => void this.#sample().catch(() => undefined), beatMs);
  }

  static async start(parts: ProcessParts): Promise<TestProcess> {
    const process = new TestProcess(parts);
    await process.#agent.start();
    return process;
  }

  /** As by SIGKILL: nothing is said to anybody. */
  async kill(): Promise<void> {
    this.#dead = true;
    clearInterval(this.#sampling);
    await this.#agent.stop();
  }

  async stop(): Promise<void> {
    clearInterval(this.#sampling);
    await this.#agent.stop();
  }

  async #sample(): Promise<void> {
    const { domain, actor, streams } = this.#parts;
    const wanted = streams.filter(({ name }) => this.#selected === 'all' || this.#selected.has(name));
    if (this.#dead || wanted.length === 0) return;
    const now = Date.now();
    const items = wanted.map(({ name }) => ({
      ...{ streamName: name, value: now % 1_000, observedAt: new Date(now).toISOString() },
    }));
    await domain.observations.publish(actor, items);
    for (const { name } of wanted) {
      const { messages, first } = this.#reports.get(name) ?? { messages: 0, first: now };
      this.#reports.set(name, { messages: messages + 1, first, last: now });
    }
  }

  #report(): readonly StreamReport[] {
    return [...this.#reports].map(([stream, { messages, first, last }]) => ({
      ...{ stream, uuid: null, symbol: null, kinds: ['test'], messages, bytes: messages * 8 },
      ...{ firstObservedAt: first, lastObservedAt: last, errors: 0, lastError: null },
    }));
  }

  /** What a dead process writes does not arrive. */
  #mortal(record: KeptRecord): KeptRecord {
    const alive = async <T>(run: () => Promise<T>): Promise<T> => {
      if (this.#dead) throw new Error('killed');
      return run();
    };
    return {
      register: (...given) => alive(() => record.register(...given)),
      offer: (...given) => alive(() => record.offer(...given)),
      openSession: (...given) => alive(() => record.openSession(...given)),
      changeStreams: (...given) => alive(() => record.changeStreams(...given)),
      beat: (...given) => alive(() => record.beat(...given)),
      closeSessions: (...given) => alive(() => record.closeSessions(...given)),
    };
  }
}
