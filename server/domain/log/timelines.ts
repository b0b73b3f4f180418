import { randomBytes } from 'node:crypto';
import { badCursor, cursorMark, decodeCursor, encodeCursor, logTruncated } from '../../../schema/cursor.ts';
import { PresageError } from '../../../schema/errors.ts';
import type { LogEntry, Position } from '../../../schema/log-entry.ts';
import type { Queryable, TenantReads } from '../../storage/tenant-connections.ts';
import { commonWith, type KnownLog, markOf, newest, timelinesOf } from './timeline.ts';

/** The head row of a log, as whatever reads it finds it. */
export interface FoundHead {
  readonly position: Position;
  /** Null before the first entry. */
  readonly timeline: string | null;
}

/** A log that is not what this process has seen of it. */
export interface WentBack {
  readonly tenant: string;
  /** How far this process has seen it reach. */
  readonly seen: Position;
  /** How much of that is still part of it; 0 where nobody knows. */
  readonly common: Position;
}

export interface TimelinesListener {
  /** Hears once that what this process remembers can't be trusted any more: it has to begin anew. */
  wentBack(fact: WentBack): void;
  /** A log goes on in another timeline, with all that this process has seen of it. */
  began(tenant: string): void;
}

const NOBODY: TimelinesListener = { wentBack: () => undefined, began: () => undefined };

/**
 * Whether the newest timeline was begun by this run of PostgreSQL, in this table: of a head row `h`. A copied directory, a
 * replica and a restored backup run since another moment; a dump that is read back makes another table.
 */
export const IS_CURRENT = '(h.server_started = pg_postmaster_start_time() AND h.relation = h.tableoid)';

const LOOK = `
  SELECT h.position::float8 AS position,
         (SELECT coalesce(json_agg(json_build_object('id', t.timeline, 'startsAfter', t.starts_after) ORDER BY t.number), '[]')
            FROM log_timelines t WHERE t.tenant = $1) AS timelines
    FROM log_heads h WHERE h.tenant = $1`;

/**
 * Which stretches each tenant's log is made of. A database that is restored, replaced, or taken over by a replica that was
 * behind gives positions to other entries than before; each run of PostgreSQL therefore writes in a timeline of its own, as the
 * leaders of Kafka's partitions do in an epoch (KIP-101, KIP-320). A cursor names the timeline of its entry, and is one of this
 * log as long as that timeline is part of it and reaches so far (decision 0085).
 *
 * It also remembers how far this process has seen each log, and says when a log is found that does not have all of that.
 */
export class Timelines {
  readonly #reads: TenantReads;
  readonly #listener: TimelinesListener;
  readonly #logs = new Map<string, { log: KnownLog; seen: Position }>();
  readonly #looking = new Map<string, { readonly now: Promise<void>; next: Promise<void> | undefined }>();
  #hasGoneBack = false;

  constructor(reads: TenantReads, listener: TimelinesListener = NOBODY) {
    this.#reads = reads;
    this.#listener = listener;
  }

  /** The timeline of what is at a position, as far as this process knows the log. */
  of(tenant: string, position: Position): string | undefined {
    const timelines = this.#logs.get(tenant)?.log.timelines ?? [];
    return timelines.findLast(({ startsAfter }) => startsAfter < position)?.id;
  }

  /** A position as the cursor that clients get. The log must have been seen: its head read, or something written. */
  cursor(tenant: string, position: Position): string {
    const timelines = this.#logs.get(tenant)?.log.timelines ?? [];
    return encodeCursor(tenant, position, markOf(timelines, position));
  }

  /** The same of a log that may not have been seen yet: a promise only then. */
  cursorOf(tenant: string, position: Position): string | Promise<string> {
    if (this.#logs.has(tenant)) return this.cursor(tenant, position);
    return this.#look(tenant).then(() => this.cursor(tenant, position));
  }

  /** Whether what came from elsewhere is of the log as this process knows it; looks at the log where it is not. */
  continues({ tenant, position, timeline }: Pick<LogEntry, 'tenant' | 'position' | 'timeline'>): boolean {
    if (timeline === undefined || timeline === this.of(tenant, position)) return true;
    this.#look(tenant).catch(() => undefined);
    return false;
  }

  /** Whether a log's newest timeline is this one, and no more of it was seen than up to `head`. */
  isNewest(tenant: string, timeline: string | undefined, head: Position): boolean {
    const known = this.#logs.get(tenant);
    return known !== undefined && newest(known.log) === (timeline ?? null) && head >= known.seen;
  }

  /** This process knows the log up to `position`, or has told somebody of it. */
  saw(tenant: string, position: Position): void {
    const known = this.#logs.get(tenant);
    if (known && position > known.seen) known.seen = position;
  }

  /** Where a cursor is. Throws `BAD_CURSOR` where it is none, `LOG_TRUNCATED` where the log has not got its entry any more. */
  async resume(tenant: string, cursor: string): Promise<Position> {
    const position = decodeCursor(tenant, cursor);
    await this.#look(tenant);
    const log = this.#logs.get(tenant)?.log ?? { timelines: [], position: 0 };
    const mark = cursorMark(cursor);
    if (mark === undefined) {
      if (position > log.position) throw badCursor(cursor);
      return position;
    }
    const common = commonWith(log, timelinesOf(mark));
    if (common === undefined) throw logTruncated(null);
    if (position > common) throw logTruncated(this.cursor(tenant, common));
    return position;
  }

  /** Reads the head of a log, and compares it with what was seen before. Throws `UNAVAILABLE` where it went back. */
  async head(tenant: string, read: () => Promise<FoundHead>): Promise<Position> {
    const seen = this.#logs.get(tenant)?.seen;
    return this.#compare(tenant, seen, await read());
  }

  /** The same of all logs that this process has seen. */
  async heads(read: (tenants: readonly string[]) => Promise<ReadonlyMap<string, FoundHead>>): Promise<void> {
    const before = new Map([...this.#logs].map(([tenant, { seen }]) => [tenant, seen]));
    const found = await read([...before.keys()]);
    for (const [tenant, seen] of before) {
      await this.#compare(tenant, seen, found.get(tenant) ?? { position: 0, timeline: null });
    }
  }

  /** `seen`: how far the log was known to reach before its head was read; undefined if it was not known. */
  async #compare(tenant: string, seen: Position | undefined, found: FoundHead): Promise<Position> {
    const known = this.#logs.get(tenant);
    if (!known || seen === undefined || found.position < seen || found.timeline !== newest(known.log)) {
      await this.#look(tenant);
      // What was found may have been gone before this process first looked.
      return this.#logs.get(tenant)?.log.position ?? 0;
    }
    this.saw(tenant, found.position);
    return found.position;
  }

  /**
   * What a writer that has the lock of the log finds: if no timeline of this run of PostgreSQL is there yet, it is begun. Gives
   * what is to be handed to `adopt` once that is committed; undefined if that is nothing new. Throws `UNAVAILABLE` where the log
   * went back.
   */
  async underLock(
    db: Queryable,
    tenant: string,
    { position, timeline, isCurrent }: FoundHead & { readonly isCurrent: boolean },
  ): Promise<KnownLog | undefined> {
    const known = this.#logs.get(tenant);
    if (!isCurrent) await begin(db, tenant);
    else if (known && timeline === newest(known.log) && position >= known.seen) return undefined;
    const found = await look(db, tenant);
    this.#check(tenant, found, known?.seen ?? 0);
    return found;
  }

  /** A log was found to be this, and what was read of it is committed. */
  adopt(tenant: string, log: KnownLog): void {
    const known = this.#logs.get(tenant);
    const hasBegun = known !== undefined && newest(known.log) !== newest(log);
    this.#logs.set(tenant, { log, seen: Math.max(known?.seen ?? 0, log.position) });
    if (hasBegun) this.#listener.began(tenant);
  }

  /** One look at a time: all who ask meanwhile share the next. */
  #look(tenant: string): Promise<void> {
    const looking = this.#looking.get(tenant);
    if (looking) {
      looking.next ??= looking.now.catch(() => undefined).then(() => this.#begin(tenant));
      return looking.next;
    }
    return this.#begin(tenant);
  }

  #begin(tenant: string): Promise<void> {
    const now = this.#lookNow(tenant).finally(() => {
      // The one that waits for this puts itself in its place.
      if (this.#looking.get(tenant)?.next === undefined) this.#looking.delete(tenant);
    });
    this.#looking.set(tenant, { now, next: undefined });
    return now;
  }

  async #lookNow(tenant: string): Promise<void> {
    // What is seen while the answer is on its way may be newer than that.
    const seen = this.#logs.get(tenant)?.seen ?? 0;
    const found = await look(this.#reads.of(tenant), tenant);
    this.#check(tenant, found, seen);
    this.adopt(tenant, found);
  }

  #check(tenant: string, found: KnownLog, seen: Position): void {
    const known = this.#logs.get(tenant);
    if (!known) return;
    const { timelines } = known.log;
    const isFirst = timelines.length === 0;
    const common = isFirst
      ? (found.timelines[0]?.startsAfter ?? found.position)
      : commonWith(found, timelines);
    if (common !== undefined && common >= seen) return;
    if (!this.#hasGoneBack) {
      this.#hasGoneBack = true;
      this.#listener.wentBack({ tenant, seen, common: common ?? 0 });
    }
    throw new PresageError(
      'UNAVAILABLE',
      'The database was put back to an earlier state; this server forgets what it remembers and begins anew. Send the same again in a moment.',
    );
  }
}

async function look(db: Queryable, tenant: string): Promise<KnownLog> {
  const { rows } = await db.query<KnownLog & Record<string, unknown>>({
    name: 'timelines',
    text: LOOK,
    values: [tenant],
  });
  return rows[0] ?? { timelines: [], position: 0 };
}

/** Begins a timeline where the log ends now. The caller has the lock of the log. */
async function begin(db: Queryable, tenant: string): Promise<void> {
  await db.query({
    name: 'begin-timeline',
    text: `WITH head AS (
             UPDATE log_heads SET timeline = $2, server_started = pg_postmaster_start_time(), relation = tableoid
              WHERE tenant = $1 RETURNING position
           )
           INSERT INTO log_timelines (tenant, number, timeline, starts_after)
           SELECT $1, 1 + (SELECT count(*) FROM log_timelines WHERE tenant = $1), $2, position FROM head`,
    values: [tenant, randomBytes(4).toString('hex')],
  });
}
