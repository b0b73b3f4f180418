import { randomUUID } from 'node:crypto';
import { badCursor, decodeCursor, encodeCursor } from '../../schema/cursor.ts';
import { GENESIS, linkHash } from '../../schema/hash-chain.ts';
import type {
  LogEntry,
  ObservationDocument,
  ObservationEntry,
  Position,
  StreamDocument,
} from '../../schema/log-entry.ts';
import { observationId } from '../../schema/node-id.ts';
import type { LogPage, LogRead, LogReader, Snapshot, SnapshotRead, Timelines } from '../ports.ts';
import { changeOf } from '../streamer/change.ts';
import { compile } from '../streamer/predicate.ts';

/** A log in memory: one array of entries, whose indexes are the positions less one. */
export class MemoryLog implements LogReader {
  readonly entries: LogEntry[] = [];
  readonly timelines = new OneTimeline(this);
  readonly tenant: string;
  /** Awaited before each read, so that tests can make reads slow or fail. */
  beforeRead: (what: 'head' | 'read' | 'snapshot') => Promise<void> = async () => undefined;
  readonly #present = new Map<string, ObservationDocument>();
  readonly #chains = new Map<number, string>();

  constructor(tenant = 'main') {
    this.tenant = tenant;
  }

  stream(serverId: number, given: Partial<StreamDocument> = {}): StreamDocument {
    return {
      serverId,
      uuid: randomUUID(),
      name: `stream-${serverId}`,
      author: 'author',
      secondary: null,
      target: null,
      meta: null,
      description: null,
      tags: [],
      cadenceSeconds: null,
      createdAt: 0,
      archivedAt: null,
      ...given,
    };
  }

  /** Creates an observation, or the next revision of the one at that time: its correction or return to life. */
  put(stream: StreamDocument, observedAt: number, value: string): ObservationEntry {
    return this.#append(stream, observedAt, value, false);
  }

  /** Appends a tombstone; undefined if there is nothing to retract. */
  retract(stream: StreamDocument, observedAt: number): ObservationEntry | undefined {
    const present = this.#present.get(observationId(stream.serverId, observedAt));
    return present && !present.retracted ? this.#append(stream, observedAt, present.value, true) : undefined;
  }

  async head(tenant: string): Promise<Position> {
    await this.beforeRead('head');
    return tenant === this.tenant ? this.entries.length : 0;
  }

  async read({ tenant, topics, after, through, limit }: LogRead): Promise<LogPage> {
    await this.beforeRead('read');
    const upTo = Math.min(through, after + limit, this.entries.length);
    const read = tenant === this.tenant ? this.entries.slice(after, upTo) : [];
    return { entries: read.filter(({ topic }) => topics.some((one) => one === topic)), through: upTo };
  }

  async snapshot({ tenant, topic, filter }: SnapshotRead): Promise<Snapshot> {
    await this.beforeRead('snapshot');
    const matches = compile(filter);
    const present = new Map<string, LogEntry>();
    const entries = tenant === this.tenant ? this.entries : [];
    for (const entry of entries) {
      if (entry.topic !== topic) continue;
      if (changeOf(entry).after) present.set(entry.key, entry);
      else present.delete(entry.key);
    }
    const inTime = [...present.values()].sort((a, b) => timeOf(a) - timeOf(b));
    const newest = new Map(inTime.map((entry) => [streamOf(entry), entry]));
    for (const [stream, entry] of newest) {
      const { after } = changeOf(entry);
      if (!after || !matches(after)) newest.delete(stream);
    }
    const items = [...newest.values()].sort((a, b) => a.position - b.position);
    return { position: entries.length, pages: this.#inPages(items) };
  }

  /** Three at a time, each page a read of its own. */
  async *#inPages(items: readonly LogEntry[]) {
    for (let from = 0; from < items.length; from += 3) {
      if (from > 0) await this.beforeRead('snapshot');
      yield items.slice(from, from + 3).map(({ key, ts, document }) => ({ key, ts, document }));
    }
  }

  #append(stream: StreamDocument, observedAt: number, value: string, retracted: boolean): ObservationEntry {
    const key = observationId(stream.serverId, observedAt);
    const before = this.#present.get(key);
    const position = this.entries.length + 1;
    const hash = linkHash(this.#chains.get(stream.serverId) ?? GENESIS, observedAt, value);
    const revision = before ? before.revision + 1 : 0;
    const document = {
      stream,
      position,
      value,
      observedAt,
      ts: position,
      hash,
      provider: 'test',
      revision,
      retracted,
    };
    const isBack = !before || before.retracted;
    const type = retracted ? 'DELETE' : isBack ? 'CREATE' : 'UPDATE';
    const entry: ObservationEntry = {
      tenant: this.tenant,
      position,
      topic: 'observation',
      type,
      key,
      ts: position,
      document,
      ...(before && !isBack && { before }),
    };
    this.#present.set(key, document);
    this.#chains.set(stream.serverId, hash);
    this.entries.push(entry);
    return entry;
  }
}

/** The timelines of a log that never goes back: there is nothing to tell apart. */
class OneTimeline implements Timelines {
  readonly #log: Pick<LogReader, 'head'>;

  constructor(log: Pick<LogReader, 'head'>) {
    this.#log = log;
  }

  cursor = encodeCursor;

  async resume(tenant: string, cursor: string): Promise<Position> {
    const position = decodeCursor(tenant, cursor);
    if (position > (await this.#log.head(tenant))) throw badCursor(cursor);
    return position;
  }

  of(): undefined {}

  continues(): boolean {
    return true;
  }

  saw(): void {}
}

function timeOf(entry: LogEntry): number {
  return 'observedAt' in entry.document ? entry.document.observedAt : 0;
}

function streamOf(entry: LogEntry): string {
  return changeOf(entry).after?.stream.uuid ?? '';
}
