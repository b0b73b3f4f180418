import { setTimeout as pause } from 'node:timers/promises';
import { NAMES, TAGS } from '../../../gateway/testing/arbitrary-filter.ts';
import { Publisher } from '../../support/publisher.ts';
import { Random } from './random.ts';

const VALUES = ['-10.5', '0', '2', '9', '10', '10.25'];
const CREATE = 'mutation ($input: CreateStreamInput!) { createStream(input: $input) { uuid } }';
const PUBLISH = `mutation ($input: PublishObservationsInput!) {
  publishObservations(input: $input) { observationIds } }`;
const CORRECT = 'mutation ($id: ID!, $value: Decimal!) { correctObservation(id: $id, value: $value) { id } }';
const RETRACT = 'mutation ($id: ID!) { retractObservation(id: $id) }';

export interface WriterOptions {
  /** `http://host:port` of the servers that it writes to, in turns. */
  readonly urls: readonly string[];
  readonly seed: number;
  /** Writes under way at once. @default 4 */
  readonly callers?: number;
  /** Pause of a caller after each write, in ms. @default 0 */
  readonly paceMs?: number;
  /** Where it writes, by a code for it. @default the default tenant */
  readonly tenant?: { readonly name: string; readonly joinCode: string };
}

/**
 * Publishes, corrects and retracts through the API as seeded, and keeps at it while servers are away. What became of a
 * write whose answer was lost is not its business: the truth is in the tables.
 */
export class Writer {
  readonly uuids: string[] = [];
  /** Writes that were answered. */
  writes = 0;
  readonly #options: WriterOptions;
  readonly #publishers: readonly Publisher[];
  readonly #ids: string[] = [];
  #serial = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
    const [first = '', ...more] = options.urls;
    const publisher = new Publisher(first);
    this.#publishers = [publisher, ...more.map((url) => new Publisher(url, publisher.keys))];
  }

  /** Signs in everywhere and creates the streams. */
  async open(): Promise<this> {
    const { tenant } = this.#options;
    for (const publisher of this.#publishers) {
      if (tenant) await publisher.join(tenant.name, tenant.joinCode);
      else await publisher.signIn();
    }
    for (const [index, name] of NAMES.entries()) {
      const input = { name, secondary: index === 0 ? null : name, tags: TAGS.slice(0, index) };
      const made = await this.#publisher(0).ask(CREATE, { input });
      this.uuids.push((made.createStream as { uuid: string }).uuid);
    }
    return this;
  }

  /** An access token of its own. */
  get token(): string {
    return this.#publisher(0).token;
  }

  /** Makes so many writes. */
  async write(count: number): Promise<void> {
    const last = this.writes + count;
    await this.#all(() => this.writes < last);
  }

  /** Writes until the signal. */
  async writeUntil(signal: AbortSignal): Promise<void> {
    await this.#all(() => !signal.aborted);
  }

  /** Publishes so many observations of a stream of its own whose description is long: events that are heavy. */
  async writeWide(count: number, text: string): Promise<void> {
    const publisher = this.#publisher(0);
    const input = { name: `wide ${this.#serial}`, meta: text, description: text };
    const made = await publisher.ask(CREATE, { input });
    const { uuid: streamUuid } = made.createStream as { uuid: string };
    for (let at = 0; at < count; at += 100) {
      const observations = Array.from({ length: Math.min(100, count - at) }, (_, index) => ({
        ...{ streamUuid, value: String(at + index), observedAt: new Date(at + index).toISOString() },
      }));
      await publisher.insist(PUBLISH, { input: { observations } });
    }
  }

  async #all(goesOn: () => boolean): Promise<void> {
    const { callers = 4, seed } = this.#options;
    const call = async (caller: number): Promise<void> => {
      const random = new Random(seed * 1_000 + caller + this.writes);
      while (goesOn()) {
        await this.#one(random, this.#publisher(caller));
        this.writes += 1;
        if (this.#options.paceMs) await pause(this.#options.paceMs);
      }
    };
    await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  }

  async #one(random: Random, publisher: Publisher): Promise<void> {
    const chance = random.next();
    const id = this.#ids.length > 0 && chance < 0.3 ? random.pick(this.#ids) : undefined;
    if (id === undefined) await this.#publish(random, publisher);
    else if (chance < 0.2) await settled(publisher.insist(CORRECT, { id, value: random.pick(VALUES) }));
    else await settled(publisher.insist(RETRACT, { id }));
  }

  async #publish(random: Random, publisher: Publisher): Promise<void> {
    const observations = Array.from({ length: 1 + Math.floor(random.between(0, 3)) }, () => {
      this.#serial += 1;
      // Now and then a time that filters ask about, which may be taken.
      const ms = random.chance(0.1) ? Math.floor(random.between(0, 6)) : 1_000 + this.#serial;
      const observedAt = new Date(ms).toISOString();
      return { streamUuid: random.pick(this.uuids), value: random.pick(VALUES), observedAt };
    });
    const answer = await publisher.insist(PUBLISH, { input: { observations } });
    const { observationIds } = answer.publishObservations as { observationIds: (string | null)[] };
    this.#ids.push(...observationIds.filter((id) => id !== null));
  }

  #publisher(caller: number): Publisher {
    const publisher = this.#publishers[caller % this.#publishers.length];
    if (!publisher) throw new Error('a writer needs a server');
    return publisher;
  }
}

/** A thing that another caller has retracted meanwhile can't be corrected: that is as it should be. */
async function settled(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!/^Error: (?:CONFLICT|NOT_FOUND|BAD_INPUT|RETRACTED)/.test(String(error))) throw error;
  }
}
