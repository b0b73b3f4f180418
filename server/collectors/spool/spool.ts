import type { CanonicalDecimal } from '../../../schema/decimal.ts';
import type { ItemError } from '../../../schema/errors.ts';
import type { EpochMs } from '../../../schema/time.ts';
import type { NewStream } from '../../domain/stream/streams.ts';
import { openSpoolFile } from './spool-file.ts';

/** An observation to be kept. */
export interface Collected {
  /** Name of the stream. */
  readonly stream: string;
  readonly observedAt: EpochMs;
  readonly value: CanonicalDecimal;
  readonly provider: string;
}

/** An observation that waits for the server's answer. */
export interface Waiting extends Collected {
  readonly seq: number;
}

export interface SpoolSettings {
  /** The storage directory of the server instance. */
  readonly directory: string;
  /** Most bytes of the spool. */
  readonly maxBytes: number;
  /** How long what is published is kept, in ms. */
  readonly retentionMs: number;
}

/**
 * What a server instance collects, on its own disk: written before anything is published, kept for a while after, so
 * that it can be asked for (and filled in) later. Of one stream and time the first value counts.
 */
export class Spool {
  readonly settings: SpoolSettings;
  readonly #file: ReturnType<typeof openSpoolFile>;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #ids = new Map<string, number>();

  /** Throws `CONFLICT`, `UNAVAILABLE`. */
  constructor(settings: SpoolSettings) {
    this.settings = settings;
    this.#file = openSpoolFile(settings.directory);
    this.#statements = prepare(this.#file.database);
  }

  /** Keeps these in one transaction; gives those that were not there before. */
  keep(collected: readonly Collected[], describe: (stream: string) => NewStream): readonly Collected[] {
    const now = Date.now();
    return this.#transaction(() =>
      collected.filter(({ stream, observedAt, value, provider }) => {
        const id = this.#idOf(stream, describe);
        const { changes } = this.#statements.insert.run(id, observedAt, value, provider, now);
        if (changes > 0) this.#statements.enqueue.run(id, observedAt);
        return changes > 0;
      }),
    );
  }

  /** The oldest that wait, of all streams but these. */
  waiting(limit: number, except: readonly string[] = []): readonly Waiting[] {
    return this.#statements.waiting.all(JSON.stringify(except), limit);
  }

  /** The server has answered for these; `errors` are by their index. What it would not take is kept with the reason. */
  answered(items: readonly Waiting[], errors: readonly ItemError[]): void {
    const refusals = new Map(errors.map((error) => [error.index, error]));
    this.#transaction(() => {
      for (const [index, { seq, stream, observedAt }] of items.entries()) {
        const refusal = refusals.get(index);
        if (refusal) {
          const { code, message } = refusal;
          this.#statements.refuse.run(
            this.#ids.get(stream) ?? this.#knownId(stream),
            observedAt,
            code,
            message,
          );
        }
        this.#statements.dequeue.run(seq);
      }
    });
  }

  describedAs(stream: string): NewStream {
    const row = this.#statements.described.get(stream);
    return row ? JSON.parse(row.described) : { name: stream };
  }

  uuidOf(stream: string): string | null {
    return this.#statements.uuid.get(stream)?.uuid ?? null;
  }

  setUuid(stream: string, uuid: string): void {
    this.#statements.setUuid.run(uuid, stream);
  }

  counts(): { readonly kept: number; readonly waiting: number; readonly refused: number } {
    return this.#statements.counts.get() ?? { kept: 0, waiting: 0, refused: 0 };
  }

  /** When the oldest that waits was collected. */
  waitingSince(): EpochMs | undefined {
    return this.#statements.waitingSince.get()?.at;
  }

  recall(source: string, key: string): string | undefined {
    return this.#statements.recall.get(source, key)?.value;
  }

  remember(source: string, key: string, value: string): void {
    this.#statements.remember.run(source, key, value);
  }

  /** Bytes of the file that hold something. */
  bytes(): number {
    const { pages, free, size } = this.#statements.pages.get() ?? { pages: 0, free: 0, size: 0 };
    return (pages - free) * size;
  }

  /** Drops up to `limit` of the oldest published observations collected before `before`; gives how many. */
  dropPublished(before: EpochMs, limit: number): number {
    const { changes } = this.#statements.drop.run(before, limit);
    if (changes > 0) this.#file.database.pragma('incremental_vacuum');
    return changes;
  }

  close(): void {
    this.#file.close();
  }

  #transaction<T>(work: () => T): T {
    return this.#file.database.transaction(work).immediate();
  }

  #idOf(stream: string, describe: (stream: string) => NewStream): number {
    const known = this.#ids.get(stream);
    if (known !== undefined) return known;
    this.#statements.addStream.run(stream, JSON.stringify(describe(stream)));
    return this.#knownId(stream);
  }

  #knownId(stream: string): number {
    const id = this.#statements.streamId.get(stream)?.id;
    if (id === undefined) throw new Error(`The spool has no stream ${stream}.`);
    this.#ids.set(stream, id);
    return id;
  }
}

function prepare(database: ReturnType<typeof openSpoolFile>['database']) {
  return {
    addStream: database.prepare<[string, string]>(
      `INSERT INTO streams (name, described) VALUES (?, ?)
         ON CONFLICT (name) DO UPDATE SET described = excluded.described`,
    ),
    streamId: database.prepare<[string], { id: number }>('SELECT id FROM streams WHERE name = ?'),
    described: database.prepare<[string], { described: string }>(
      'SELECT described FROM streams WHERE name = ?',
    ),
    uuid: database.prepare<[string], { uuid: string | null }>('SELECT uuid FROM streams WHERE name = ?'),
    setUuid: database.prepare<[string, string]>('UPDATE streams SET uuid = ? WHERE name = ?'),
    insert: database.prepare<[number, number, string, string, number]>(
      'INSERT OR IGNORE INTO observations (stream, observed_at, value, provider, collected_at) VALUES (?, ?, ?, ?, ?)',
    ),
    enqueue: database.prepare<[number, number]>('INSERT INTO outbox (stream, observed_at) VALUES (?, ?)'),
    waiting: database.prepare<[string, number], Waiting>(
      `SELECT w.seq, s.name AS stream, o.observed_at AS observedAt, o.value, o.provider
         FROM outbox w JOIN streams s ON s.id = w.stream
         JOIN observations o ON o.stream = w.stream AND o.observed_at = w.observed_at
        WHERE s.name NOT IN (SELECT value FROM json_each(?)) ORDER BY w.seq LIMIT ?`,
    ),
    dequeue: database.prepare<[number]>('DELETE FROM outbox WHERE seq = ?'),
    refuse: database.prepare<[number, number, string, string]>(
      'INSERT OR REPLACE INTO refused (stream, observed_at, code, message) VALUES (?, ?, ?, ?)',
    ),
    counts: database.prepare<[], { kept: number; waiting: number; refused: number }>(
      `SELECT (SELECT count(*) FROM observations) AS kept, (SELECT count(*) FROM outbox) AS waiting,
              (SELECT count(*) FROM refused) AS refused`,
    ),
    waitingSince: database.prepare<[], { at: number }>(
      `SELECT o.collected_at AS at FROM outbox w
         JOIN observations o ON o.stream = w.stream AND o.observed_at = w.observed_at ORDER BY w.seq LIMIT 1`,
    ),
    recall: database.prepare<[string, string], { value: string }>(
      'SELECT value FROM memories WHERE source = ? AND key = ?',
    ),
    remember: database.prepare<[string, string, string]>(
      'INSERT OR REPLACE INTO memories (source, key, value) VALUES (?, ?, ?)',
    ),
    pages: database.prepare<[], { pages: number; free: number; size: number }>(
      `SELECT page_count AS pages, freelist_count AS free, page_size AS size
         FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
    ),
    drop: database.prepare<[number, number]>(
      `DELETE FROM observations WHERE (stream, observed_at) IN (
         SELECT o.stream, o.observed_at FROM observations o
          WHERE o.collected_at < ?
            AND NOT EXISTS (SELECT 1 FROM outbox w WHERE w.stream = o.stream AND w.observed_at = o.observed_at)
          ORDER BY o.collected_at LIMIT ?)`,
    ),
  };
}
