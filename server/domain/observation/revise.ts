import type pg from 'pg';
import { parseDecimal } from '../../../schema/decimal.ts';
import { PresageError } from '../../../schema/errors.ts';
import { linkHash } from '../../../schema/hash-chain.ts';
import type {
  EntryType,
  ObservationDocument,
  ObservationEntry,
  StreamDocument,
} from '../../../schema/log-entry.ts';
import { observationId } from '../../../schema/node-id.ts';
import type { Actor } from '../actor.ts';
import type { Append, Appended } from '../log/log-writer.ts';
import { type ObservationRow, observationColumns, toObservation } from './observation-row.ts';
import type { ObservationRef } from './observations.ts';
import { readChainHeads } from './slots.ts';

/** Appends the revision that gives an observation another value; a retracted one comes back to life by it. */
export async function appendCorrection(
  append: Append,
  actor: Actor,
  stream: StreamDocument,
  ref: ObservationRef,
  value: string | number,
): Promise<Appended<ObservationDocument>> {
  const canonical = parseDecimal(value);
  if (canonical === undefined) {
    throw new PresageError(
      'BAD_INPUT',
      `"${value}" is no decimal such as 12.5; the observation stays as it is.`,
    );
  }
  const present = await readPresent(append.client, actor, stream, ref);
  if (present.value === canonical && !present.retracted) return { entries: [], result: present };
  const change: Revision = { value: canonical, retracted: false };
  return appendRevision(append, actor, present, change, present.retracted ? 'CREATE' : 'UPDATE');
}

/** Appends the tombstone of an observation; nothing if it has one. */
export async function appendRetraction(
  append: Append,
  actor: Actor,
  stream: StreamDocument,
  ref: ObservationRef,
): Promise<Appended<boolean>> {
  const present = await readPresent(append.client, actor, stream, ref);
  if (present.retracted) return { entries: [], result: false };
  const tombstone: Revision = { value: present.value, retracted: true };
  const { entries } = await appendRevision(append, actor, present, tombstone, 'DELETE');
  return { entries, result: true };
}

interface Revision {
  readonly value: string;
  readonly retracted: boolean;
}

async function readPresent(
  client: pg.PoolClient,
  actor: Actor,
  stream: StreamDocument,
  { observedAt }: ObservationRef,
): Promise<ObservationDocument> {
  const { rows } = await client.query<{ o: ObservationRow }>(
    `SELECT ${observationColumns('o')} AS o FROM observations o
      WHERE o.stream_id = $1 AND o.observed_at = to_timestamp($2::float8 / 1000)::timestamptz(3)
        AND o.superseded_at IS NULL`,
    [stream.serverId, observedAt],
  );
  const row = rows[0]?.o;
  if (!row) throw notFound();
  if (stream.author !== actor.peer.publicKey) {
    throw new PresageError(
      'FORBIDDEN',
      `Only the author of "${stream.name}" corrects and retracts its observations.`,
    );
  }
  return toObservation(row, new Map([[stream.serverId, stream]]));
}

export function notFound(): PresageError {
  return new PresageError('NOT_FOUND', 'There is no observation of that id.');
}

async function appendRevision(
  { client, log, head, ts }: Append,
  { tenant }: Actor,
  present: ObservationDocument,
  { value, retracted }: Revision,
  type: EntryType,
): Promise<Appended<ObservationDocument>> {
  const { stream, observedAt } = present;
  const [end] = (await readChainHeads(client, [stream.serverId])).values();
  const position = head + 1;
  const hash = linkHash(end?.hash ?? '', observedAt, value);
  const revision = present.revision + 1;
  const document = { ...present, position, value, ts, hash, revision, retracted };
  await client.query(
    `WITH superseded AS (
       UPDATE observations SET superseded_at = $2 WHERE tenant = $1 AND position = $3
     ), chain AS (
       UPDATE stream_heads SET hash = decode($8, 'hex'), links = links + 1 WHERE stream_id = $4
     )
     INSERT INTO observations (tenant, position, stream_id, observed_at, revision, retracted, value, hash, provider, ts)
     VALUES ($1, $2, $4, to_timestamp($5::float8 / 1000), $6, $7, $9, decode($8, 'hex'), $10,
             to_timestamp($11::float8 / 1000))`,
    [
      ...[tenant, position, present.position, stream.serverId, observedAt, revision],
      ...[retracted, hash, value, present.provider, ts],
    ],
  );
  log.chains.delete(stream.serverId);
  const entry: ObservationEntry = {
    ...{ tenant, position, topic: 'observation', type, ts, document },
    key: observationId(stream.serverId, observedAt),
    ...(present.retracted ? {} : { before: present }),
  };
  return { entries: [entry], result: document };
}
