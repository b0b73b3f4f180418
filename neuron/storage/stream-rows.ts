import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../schema/time.ts';

/** A stream as this neuron knows it, with the end of its hash chain. */
export interface StreamRow {
  readonly id: number;
  readonly uuid: string;
  readonly serverId: number;
  readonly name: string;
  /** The facts below are null (tags: `[]`) until the first bulk sync after the stream was seen. */
  readonly author: string | null;
  readonly secondary: string | null;
  readonly target: string | null;
  readonly meta: string | null;
  readonly description: string | null;
  /** JSON array. */
  readonly tags: string;
  readonly cadenceSeconds: number | null;
  readonly lastSynced: EpochMs | null;
  /** Position of its newest stored entry, 0 for none. */
  readonly lastPosition: number;
  /** Rows stored, all revisions. */
  readonly stored: number;
  readonly chainHash: string;
  readonly chainBreaks: number;
  /** Position of the first entry that did not follow the chain. */
  readonly firstBreak: number | null;
  /** How often its chain was mended by fetching rows again. */
  readonly chainRepairs: number;
  /** Rows up to this position are being fetched again; null if none are. */
  readonly repairUntil: number | null;
  /** The hash that its oldest stored row follows. */
  readonly anchorHash: string;
  /** 1 if the server listed it as one to follow. */
  readonly followed: 0 | 1;
}

/** What the server says about a stream. */
export interface StreamFacts {
  readonly uuid: string;
  readonly serverId: number;
  readonly name: string;
  readonly author: string;
  readonly secondary: string | null;
  readonly target: string | null;
  readonly meta: string | null;
  readonly description: string | null;
  readonly tags: readonly string[];
  readonly cadenceSeconds: number | null;
}

interface StreamCounts {
  readonly streams: number;
  /** Rows stored, all revisions. */
  readonly observations: number;
  readonly broken: number;
  readonly breaks: number;
  readonly repairs: number;
}

const COLUMNS = `id, uuid, server_id AS serverId, name, author, secondary, target, meta, description, tags,
  cadence_seconds AS cadenceSeconds, last_synced AS lastSynced, last_position AS lastPosition, stored,
  chain_hash AS chainHash, chain_breaks AS chainBreaks, first_break AS firstBreak,
  chain_repairs AS chainRepairs, repair_until AS repairUntil, anchor_hash AS anchorHash, followed`;

export type StreamRows = ReturnType<typeof streamRows>;

/** Statements on the table `streams`. */
export function streamRows(database: Database) {
  const byUuid = database.prepare<[string], StreamRow>(`SELECT ${COLUMNS} FROM streams WHERE uuid = ?`);
  const byId = database.prepare<[number], StreamRow>(`SELECT ${COLUMNS} FROM streams WHERE id = ?`);
  const all = database.prepare<[], StreamRow>(`SELECT ${COLUMNS} FROM streams ORDER BY id`);
  const insert = database.prepare<[string, number, string]>(
    'INSERT INTO streams (uuid, server_id, name) VALUES (?, ?, ?)',
  );
  const upsertFacts = database.prepare<[Record<string, string | number | null>]>(`
    INSERT INTO streams (uuid, server_id, name, author, secondary, target, meta, description, tags,
                         cadence_seconds, last_synced)
    VALUES (:uuid, :serverId, :name, :author, :secondary, :target, :meta, :description, :tags,
            :cadenceSeconds, :lastSynced)
    ON CONFLICT (uuid) DO UPDATE SET
      server_id = excluded.server_id, name = excluded.name, author = excluded.author,
      secondary = excluded.secondary, target = excluded.target, meta = excluded.meta,
      description = excluded.description, tags = excluded.tags,
      cadence_seconds = excluded.cadence_seconds, last_synced = excluded.last_synced`);
  const advance = database.prepare<[number, string, number, number]>(
    'UPDATE streams SET last_position = ?, chain_hash = ?, stored = stored + ? WHERE id = ?',
  );
  const markBreak = database.prepare<[number, number]>(
    'UPDATE streams SET chain_breaks = chain_breaks + 1, first_break = coalesce(first_break, ?) WHERE id = ?',
  );
  const rewind = database.prepare<[Record<string, string | number>]>(`
    UPDATE streams SET last_position = :position, chain_hash = :hash, stored = stored - :removed,
                       repair_until = :until
    WHERE id = :id`);
  const truncate = database.prepare<[Record<string, string | number>]>(`
    UPDATE streams SET last_position = :position, chain_hash = :hash, stored = stored - :removed, repair_until = NULL,
                       anchor_hash = CASE WHEN :hash = '' THEN '' ELSE anchor_hash END
    WHERE id = :id`);
  const repaired = database.prepare<[number, number]>(
    'UPDATE streams SET repair_until = NULL, chain_repairs = chain_repairs + ? WHERE id = ?',
  );
  const trimmed = database.prepare<[string, number, number]>(
    'UPDATE streams SET anchor_hash = ?, stored = stored - ? WHERE id = ?',
  );
  const follow = database.prepare<[string]>(
    'UPDATE streams SET followed = uuid IN (SELECT value FROM json_each(?))',
  );
  const unsynced = database.prepare<[], { uuid: string }>(
    'SELECT uuid FROM streams WHERE last_synced IS NULL ORDER BY id',
  );
  const counts = database.prepare<[], StreamCounts>(`
    SELECT count(*) AS streams, coalesce(sum(stored), 0) AS observations,
           count(first_break) AS broken, coalesce(sum(chain_breaks), 0) AS breaks,
           coalesce(sum(chain_repairs), 0) AS repairs
    FROM streams`);

  const uuids = new Map<number, string>();

  return {
    find: (uuid: string) => byUuid.get(uuid),
    get: (id: number) => byId.get(id),
    /** The uuid of a stream, which never changes. */
    uuid: (id: number): string | undefined => {
      const uuid = uuids.get(id) ?? byId.get(id)?.uuid;
      if (uuid !== undefined) uuids.set(id, uuid);
      return uuid;
    },
    list: () => all.all(),
    /** Remembers a stream by what came with its first observation; gives its local id. */
    add: (uuid: string, serverId: number, name: string) =>
      Number(insert.run(uuid, serverId, name).lastInsertRowid),
    putFacts: (facts: StreamFacts, now: EpochMs) => {
      upsertFacts.run({ ...facts, tags: JSON.stringify(facts.tags), lastSynced: now });
    },
    /** Moves the end of a stream's chain to the entry at `position`, of which `rows` (0 or 1) are stored. */
    advance: (id: number, position: number, hash: string, rows: 0 | 1) => {
      advance.run(position, hash, rows, id);
    },
    markBreak: (id: number, position: number) => {
      markBreak.run(position, id);
    },
    /** Goes back to the row at `position`, since `removed` rows after it are to be fetched again up to `until`. */
    rewind: (id: number, back: { position: number; hash: string; removed: number; until: number }) => {
      rewind.run({ id, ...back });
    },
    /** Goes back to the row at `position`: the `removed` rows after it are no part of the log any more. */
    truncate: (id: number, back: { position: number; hash: string; removed: number }) => {
      truncate.run({ id, ...back });
    },
    /** What was to be fetched again is there. */
    repaired: (id: number, healed: boolean) => {
      repaired.run(healed ? 1 : 0, id);
    },
    /** Its `removed` oldest rows are gone, the last of which had this hash. */
    trimmed: (id: number, hash: string, removed: number) => {
      trimmed.run(hash, removed, id);
    },
    /** These are the streams to follow, the others are not. */
    follow: (uuids: Iterable<string>) => {
      follow.run(JSON.stringify([...uuids]));
    },
    /** Uuids of streams that were seen but never described. */
    unsynced: () => unsynced.all().map((row) => row.uuid),
    counts: () => counts.get() ?? { streams: 0, observations: 0, broken: 0, breaks: 0, repairs: 0 },
  };
}
