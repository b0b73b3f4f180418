import type pg from 'pg';
import type { Position } from '../../../schema/log-entry.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { PastForecast } from './gate.ts';
import { readPast, readSaid } from './read-past.ts';

/** A stream's past, and what was asked for of its peers' forecasts of it: lists in step with each other. */
interface StreamPast {
  readonly bases: EpochMs[];
  readonly targets: PastForecast[];
  readonly said: Map<number, number[]>;
}

/** By stream: the targets that were forecast, the newest last. */
export type Pasts = ReadonlyMap<number, readonly PastForecast[]>;
/** By stream and peer: what it forecast of each of those targets, NaN where nothing. */
export type Histories = ReadonlyMap<number, ReadonlyMap<number, readonly number[]>>;

/** Streams whose past is kept in memory: about 50 KB each. Those beyond are read again when their turn comes. */
const STREAMS_KEPT = 2_000;

/**
 * What the consensus learns from, read once and then followed. It holds nothing that the tables don't: whatever changes
 * a past that was read already makes it forgotten, and so does work on the log that was done elsewhere.
 */
export class PastMemory {
  readonly #pool: pg.Pool;
  readonly #limit: number;
  readonly #streams = new Map<number, StreamPast>();
  /** By tenant, how far this memory has followed its log. */
  readonly #through = new Map<string, Position>();
  readonly #streamsOf = new Map<string, Set<number>>();

  /** `limit` is how many targets of a stream it goes back. */
  constructor(pool: pg.Pool, limit: number) {
    this.#pool = pool;
    this.#limit = limit;
  }

  /** To be called before a stretch of the log that begins after `after`, with the streams whose past it changes. */
  follow(tenant: string, after: Position, disturbed: readonly number[]): void {
    if (this.#through.get(tenant) !== after) {
      for (const id of this.#streamsOf.get(tenant) ?? []) this.#streams.delete(id);
      this.#streamsOf.delete(tenant);
    }
    this.#through.delete(tenant);
    this.#shrink();
    for (const id of disturbed) this.#streams.delete(id);
  }

  /** To be called when that stretch is done with; when it fails, what was read is forgotten by the next `follow`. */
  followed(tenant: string, through: Position): void {
    this.#through.set(tenant, through);
  }

  async targets(tenant: string, streamIds: readonly number[]): Promise<Pasts> {
    const known = streamIds.map((id) => this.#open(tenant, id));
    const rows = await readPast(
      this.#pool,
      streamIds.map((id, index) => ({ id, after: known[index]?.bases.at(-1) })),
      this.#limit,
    );
    for (const { streamId, base, ...target } of rows) {
      const past = this.#streams.get(streamId);
      past?.bases.push(base);
      past?.targets.push(target);
    }
    for (const past of known) this.#trim(past);
    return new Map(streamIds.map((id, index) => [id, known[index]?.targets ?? []]));
  }

  /** Of streams whose `targets` were asked for in the same stretch. */
  async histories(leaders: ReadonlyMap<number, readonly number[]>): Promise<Histories> {
    const wanted = [...leaders].flatMap(([streamId, peers]) => {
      const past = this.#streams.get(streamId);
      return past ? peers.flatMap((peerId) => missing(past, streamId, peerId)) : [];
    });
    const said = await readSaid(this.#pool, wanted);
    for (const [index, { streamId, peerId, at }] of wanted.entries()) {
      const list = this.#streams.get(streamId)?.said.get(peerId);
      if (list) list[at] = said[index] ?? Number.NaN;
    }
    return new Map(
      [...leaders].map(([streamId, peers]) => {
        const all = this.#streams.get(streamId)?.said;
        return [streamId, new Map(peers.map((peerId) => [peerId, all?.get(peerId) ?? []]))];
      }),
    );
  }

  /** The past of a stream, as the one used last. */
  #open(tenant: string, streamId: number): StreamPast {
    const past = this.#streams.get(streamId) ?? { bases: [], targets: [], said: new Map() };
    this.#streams.delete(streamId);
    this.#streams.set(streamId, past);
    const mine = this.#streamsOf.get(tenant) ?? new Set();
    this.#streamsOf.set(tenant, mine.add(streamId));
    return past;
  }

  #trim({ bases, targets, said }: StreamPast): void {
    const surplus = bases.length - this.#limit;
    if (surplus <= 0) return;
    for (const list of [bases, targets, ...said.values()]) list.splice(0, surplus);
  }

  /** Forgets the streams that were used longest ago. */
  #shrink(): void {
    for (const id of this.#streams.keys()) {
      if (this.#streams.size <= STREAMS_KEPT) return;
      this.#streams.delete(id);
    }
  }
}

/** What is not known yet of a peer's forecasts, as places to be filled. */
function missing({ bases, said }: StreamPast, streamId: number, peerId: number) {
  const list = said.get(peerId) ?? [];
  said.set(peerId, list);
  const from = list.length;
  return bases.slice(from).map((base, index) => ({ streamId, peerId, base, at: from + index }));
}
