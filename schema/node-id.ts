import { type EpochMs, MAX_TIME, MIN_TIME } from './time.ts';

/** What each global id names; the text before the colon of a decoded id. */
export type NodeType = 'Stream' | 'Observation' | 'Prediction' | 'Peer';

/** A Relay global object id: opaque to clients, `Type:local id` inside. */
export function encodeNodeId(type: NodeType, local: string | number): string {
  return Buffer.from(`${type}:${local}`, 'utf8').toString('base64url');
}

/** Takes a global id apart; `undefined` for text that is none. */
export function decodeNodeId(id: string): { type: NodeType; local: string } | undefined {
  const text = Buffer.from(id, 'base64url').toString('utf8');
  const match = /^(Stream|Observation|Prediction|Peer):(.{1,64})$/.exec(text);
  if (!match?.[1] || !match[2]) return undefined;
  return { type: match[1] as NodeType, local: match[2] };
}

/** An observation is named by its stream and time, whatever its revision. */
export function observationId(streamServerId: number, observedAt: EpochMs): string {
  return encodeNodeId('Observation', `${streamServerId}.${observedAt}`);
}

/** A consensus is named by its stream and its base's time. It is no node: the id only tells entries apart. */
export function consensusKey(streamServerId: number, baseObservedAt: EpochMs): string {
  return Buffer.from(`Consensus:${streamServerId}.${baseObservedAt}`, 'utf8').toString('base64url');
}

/** What a lineage entry is about, by its kind and number. No node either. */
export function lineageKey(kind: 'instance' | 'session' | 'gap' | 'migration', id: number): string {
  return Buffer.from(`Lineage:${kind}.${id}`, 'utf8').toString('base64url');
}

/** Server ids are Postgres' `integer`. */
const MAX_SERVER_ID = 2_147_483_647;

/** The two parts that `observationId` put together; `undefined` where no observation can have them. */
export function parseObservationLocal(
  local: string,
): { streamServerId: number; observedAt: EpochMs } | undefined {
  const match = /^(\d{1,10})\.(-?\d{1,15})$/.exec(local);
  const streamServerId = Number(match?.[1]);
  const observedAt = Number(match?.[2]);
  const possible = streamServerId <= MAX_SERVER_ID && observedAt >= MIN_TIME && observedAt <= MAX_TIME;
  return possible ? { streamServerId, observedAt } : undefined;
}
