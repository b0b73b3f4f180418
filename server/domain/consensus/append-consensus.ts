import type pg from 'pg';
import type {
  ConsensusDocument,
  ConsensusEntry,
  PeerDocument,
  Position,
  StreamDocument,
} from '../../../schema/log-entry.ts';
import { consensusKey } from '../../../schema/node-id.ts';
import type { Append, LogWriter } from '../log/log-writer.ts';
import { insertPredictions } from '../prediction/insert-predictions.ts';
import { baseKey } from '../prediction/read-bases.ts';
import { readPresent } from '../prediction/read-present.ts';
import { Submission } from '../prediction/submission.ts';
import { CONSENSUS_COLUMNS, CONSENSUS_JOINS, type ConsensusRow, toConsensus } from './consensus-row.ts';
import { type ConsensusDraft, says } from './draft.ts';
import { insertConsensus, type NewConsensus, updatePooled } from './insert-consensus.ts';

/** A draft whose target is still open, and what stands for its base. */
interface OpenDraft {
  readonly draft: ConsensusDraft;
  readonly present: ConsensusDocument | undefined;
}

/**
 * Writes what drafts change, under the lock of the log: a draft whose target has come meanwhile, or never
 * will as the stream is archived, is dropped, and one that
 * says what stands writes nothing. What changes is an entry of the consensus and, as its peer's, of the predictions.
 */
export async function appendConsensus(
  writer: LogWriter,
  tenant: string,
  peer: PeerDocument,
  drafts: readonly ConsensusDraft[],
): Promise<void> {
  await writer.append(tenant, async (append) => {
    const awaited = drafts.filter(({ base }) => !append.log.archived.has(base.stream.serverId));
    const open = await openDrafts(append.client, tenant, awaited);
    await updatePooled(append.client, tenant, open);
    const changed = open.filter(({ draft, present }) => !present || !says(present, draft));
    if (changed.length === 0) return { entries: [], result: undefined };
    const submission = await predict(append, tenant, peer, changed);
    const after = append.head + submission.added.length;
    const added = changed.map(({ draft, present }, index) =>
      revise(draft, present, after + index + 1, append.ts),
    );
    await insertConsensus(append.client, tenant, added);
    return {
      entries: [...submission.entries(tenant), ...added.map((one) => entryOf(tenant, one))],
      result: undefined,
    };
  });
}

/**
 * The bases that are newest on their streams, and what stands for them. `OFFSET 0` keeps each a look-up in an index: behind
 * the wall of row-level security the planner may else read all that the tenant has, before it knows how much that is.
 */
const OPEN = `
  SELECT w.position::float8 AS base, n.c
    FROM unnest($2::bigint[]) AS w(position)
   CROSS JOIN LATERAL (SELECT o.stream_id, o.observed_at FROM observations o
                        WHERE o.tenant = $1 AND o.position = w.position OFFSET 0) AS b
   CROSS JOIN LATERAL (SELECT x.position FROM observations x WHERE x.stream_id = b.stream_id
                        ORDER BY x.observed_at DESC, x.revision DESC LIMIT 1) AS newest
    LEFT JOIN LATERAL (SELECT ${CONSENSUS_COLUMNS} AS c FROM ${CONSENSUS_JOINS}
                        WHERE c.stream_id = b.stream_id AND c.base_observed_at = b.observed_at
                          AND c.superseded_at IS NULL OFFSET 0) AS n ON TRUE
   WHERE newest.position = w.position`;

async function openDrafts(
  client: pg.PoolClient,
  tenant: string,
  drafts: readonly ConsensusDraft[],
): Promise<readonly OpenDraft[]> {
  const { rows } = await client.query<{ base: Position; c: ConsensusRow | null }>({
    text: OPEN,
    values: [tenant, drafts.map(({ base }) => base.position)],
  });
  const found = new Map(rows.map(({ base, c }) => [base, c]));
  const streams = streamsOf(drafts);
  return drafts.flatMap((draft) => {
    const row = found.get(draft.base.position);
    return row === undefined ? [] : [{ draft, present: row ? toConsensus(row, streams) : undefined }];
  });
}

/** The drafts as predictions of the consensus' peer: what they are scored and ranked by. */
async function predict(
  { client, log, head, ts }: Append,
  tenant: string,
  peer: PeerDocument,
  open: readonly OpenDraft[],
): Promise<Submission> {
  const drafts = open.map(({ draft }) => draft);
  const bases = new Map(
    drafts.map(({ base }) => [baseKey(base.stream.serverId, base.hash), { observation: base, followers: 0 }]),
  );
  const items = drafts.map(({ base, value, quantiles }) => ({
    ...{ stream: base.stream, baseHash: base.hash, horizon: 1, value, quantiles },
  }));
  const present = await readPresent(
    client,
    tenant,
    items.map((item) => ({ peer, item })),
    bases,
  );
  const submission = new Submission({
    ...{ total: drafts.length, peer, head, ts, bases, present: present.get(peer.id) ?? new Map() },
    archived: log.archived,
  });
  for (const [index, item] of items.entries()) submission.add(index, item);
  await insertPredictions(client, tenant, submission.added);
  return submission;
}

function revise(
  draft: ConsensusDraft,
  before: ConsensusDocument | undefined,
  position: Position,
  updatedAt: number,
): NewConsensus {
  const { base, value, quantiles, contributors, pooled } = draft;
  const document: ConsensusDocument = {
    ...{ position, stream: base.stream, base, value, quantiles, contributors, updatedAt },
    revision: before ? before.revision + 1 : 0,
  };
  return { document, before, pooled };
}

function entryOf(tenant: string, { document, before }: NewConsensus): ConsensusEntry {
  return {
    ...{ tenant, position: document.position, topic: 'consensus', document, ts: document.updatedAt },
    type: before ? 'UPDATE' : 'CREATE',
    key: consensusKey(document.stream.serverId, document.base.observedAt),
    ...(before ? { before } : {}),
  };
}

function streamsOf(drafts: readonly ConsensusDraft[]): ReadonlyMap<number, StreamDocument> {
  return new Map(drafts.map(({ base }) => [base.stream.serverId, base.stream]));
}
