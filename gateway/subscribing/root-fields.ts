import { PresageError } from '../../schema/errors.ts';
import type { Filter } from '../../schema/filter/form.ts';
import { allOf } from '../../schema/filter/form.ts';
import { fromWhere } from '../../schema/filter/from-where.ts';
import type { WrittenTopic } from '../../schema/log-entry.ts';
import { decodeNodeId, type NodeType } from '../../schema/node-id.ts';

/** What a root field's arguments ask for. */
export interface Asked {
  readonly topic: WrittenTopic;
  readonly filter: Filter;
  readonly after: string | null;
  readonly snapshot: boolean;
  readonly ready: boolean;
  readonly includeData: boolean;
}

type Arguments = Readonly<Record<string, unknown>>;

const ROOT_FIELDS: ReadonlyMap<string, (given: Arguments) => Asked> = new Map([
  ['observations', askedOfObservations],
  ['predictions', askedOfPredictions],
  ['consensus', askedOfConsensus],
  ['lineage', askedOfLineage],
]);

/** Reads a root field's coerced arguments. Throws `BAD_INPUT` for a field without a topic, `BAD_FILTER`. */
export function readRootField(name: string, given: Arguments): Asked {
  const read = ROOT_FIELDS.get(name);
  if (read) return read(given);
  throw new PresageError(
    'BAD_INPUT',
    `"${name}" can't be subscribed to on this server; use one of ${[...ROOT_FIELDS.keys()].join(', ')}.`,
  );
}

function askedOfObservations(given: Arguments): Asked {
  return {
    topic: 'observation',
    filter: fromWhere('observation', whereOf(given.where)),
    snapshot: given.snapshot === true,
    ...common(given),
  };
}

function askedOfPredictions(given: Arguments): Asked {
  const conditions: Filter[] = [];
  const stream = localName('Stream', given.stream);
  const peer = localName('Peer', given.peer);
  if (stream !== null) conditions.push({ kind: 'is', field: 'stream.uuid', op: 'eq', value: stream });
  if (peer !== null) conditions.push({ kind: 'is', field: 'peer.publicKey', op: 'eq', value: peer });
  return { topic: 'prediction', filter: allOf(conditions), snapshot: false, ...common(given) };
}

function askedOfConsensus(given: Arguments): Asked {
  return {
    topic: 'consensus',
    filter: fromWhere('stream', whereOf(given.where)),
    snapshot: given.snapshot === true,
    ...common(given),
  };
}

function askedOfLineage(given: Arguments): Asked {
  return {
    topic: 'lineage',
    filter: fromWhere('lineage', whereOf(given.where)),
    snapshot: given.snapshot === true,
    ...common(given),
  };
}

function common(given: Arguments): Pick<Asked, 'after' | 'ready' | 'includeData'> {
  return {
    after: typeof given.after === 'string' ? given.after : null,
    ready: given.ready === true,
    includeData: given.includeData !== false,
  };
}

function whereOf(given: unknown): Readonly<Record<string, unknown>> | null {
  return typeof given === 'object' && given !== null ? { ...given } : null;
}

/** A node id of that type, or the plain name in it; one that names nothing matches nothing. */
function localName(type: NodeType, given: unknown): string | null {
  if (typeof given !== 'string') return null;
  const node = decodeNodeId(given);
  return node?.type === type ? node.local : given;
}
