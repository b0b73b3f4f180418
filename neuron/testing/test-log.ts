import { randomUUID } from 'node:crypto';
import { encodeCursor } from '../../schema/cursor.ts';
import { GENESIS, linkHash } from '../../schema/hash-chain.ts';
import { type EpochMs, formatTime } from '../../schema/time.ts';

export interface TestStream {
  readonly uuid: string;
  readonly serverId: number;
  readonly name: string;
  readonly author: string;
  readonly tags: readonly string[];
  readonly description: string;
  readonly cadenceSeconds: number;
}

export interface TestObservation {
  readonly position: number;
  readonly cursor: string;
  readonly stream: TestStream;
  readonly value: string;
  readonly observedAt: string;
  readonly hash: string;
  readonly provider: string;
  readonly revision: number;
  readonly retracted: boolean;
}

export interface TestEvent {
  readonly type: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly cursor: string;
  readonly id: string;
  readonly timestamp: string;
  readonly observation: TestObservation;
}

/** A server's log in memory, small and slow and plainly right: what the neuron's rows are compared with. */
export class TestLog {
  readonly streams: TestStream[] = [];
  readonly events: TestEvent[] = [];
  /** Hashes of all entries. */
  readonly hashes = new Set<string>();
  readonly #heads = new Map<string, string>();
  #position = 0;
  /** What cursors are marked with. */
  #timeline = 't';
  /** Where the newest timeline began. */
  #common = encodeCursor('default', 0);
  #waiting: (() => void)[] = [];

  get head(): number {
    return this.#position;
  }

  stream(name: string, uuid: string = randomUUID()): TestStream {
    const known = this.streams.find((stream) => stream.name === name);
    if (known) return known;
    const serverId = this.streams.length + 1;
    const about = { author: 'author', tags: ['test'], description: `about ${name}`, cadenceSeconds: 2 };
    const stream = { uuid, serverId, name, ...about };
    this.streams.push(stream);
    return stream;
  }

  publish(name: string, observedAt: EpochMs, value: string): TestObservation {
    return this.#append('CREATE', this.stream(name), formatTime(observedAt), value, 0, false);
  }

  correct(of: TestObservation, value: string): TestObservation {
    return this.#append('UPDATE', of.stream, of.observedAt, value, of.revision + 1, false);
  }

  retract(of: TestObservation): TestObservation {
    return this.#append('DELETE', of.stream, of.observedAt, of.value, of.revision + 1, true);
  }

  /** Something else than an observation is written: the log moves on. */
  skipPosition(): void {
    this.#position += 1;
  }

  /** The next entry of a stream will not follow its chain. */
  breakChain(name: string): void {
    this.#heads.set(this.stream(name).uuid, 'f'.repeat(64));
  }

  /** Up to where the log is what it was before it went back. */
  get common(): string {
    return this.#common;
  }

  /** What comes after a position was never written, and what comes next is of another timeline. */
  goBack(position: number): void {
    const kept = this.events.filter(({ observation }) => observation.position <= position);
    this.events.splice(0, this.events.length, ...kept);
    this.hashes.clear();
    this.#heads.clear();
    for (const { observation } of kept) {
      this.hashes.add(observation.hash);
      this.#heads.set(observation.stream.uuid, observation.hash);
    }
    this.#position = position;
    this.#timeline = `${this.#timeline}x`;
    this.#common = kept.at(-1)?.cursor ?? this.#common;
  }

  /** Whether a cursor's entry is still there, once the log went back. */
  has(cursor: string): boolean {
    return this.#timeline === 't' || this.events.some((event) => event.cursor === cursor);
  }

  /** The present revisions that stand, in log order. */
  present(): TestObservation[] {
    const byTime = new Map<string, TestObservation>();
    for (const { observation } of this.events) {
      byTime.set(`${observation.stream.uuid} ${observation.observedAt}`, observation);
    }
    return [...byTime.values()].filter((row) => !row.retracted).sort((a, b) => a.position - b.position);
  }

  /** Resolves at the next append. */
  grown(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #append(
    type: TestEvent['type'],
    stream: TestStream,
    observedAt: string,
    value: string,
    revision: number,
    retracted: boolean,
  ): TestObservation {
    this.#position += 1;
    const position = this.#position;
    const cursor = encodeCursor('default', position, this.#timeline);
    const hash = linkHash(this.#heads.get(stream.uuid) ?? GENESIS, Date.parse(observedAt), value);
    this.#heads.set(stream.uuid, hash);
    this.hashes.add(hash);
    const provider = 'test';
    const row = { position, cursor, stream, value, observedAt, hash, provider, revision, retracted };
    const id = `${stream.serverId}.${observedAt}`;
    this.events.push({ type, cursor, id, timestamp: formatTime(Date.now()), observation: row });
    for (const resolve of this.#waiting.splice(0)) resolve();
    return row;
  }
}
