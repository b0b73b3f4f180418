import { PresageError } from '../../schema/errors.ts';
import { decodeNodeId, type NodeType, parseObservationLocal } from '../../schema/node-id.ts';
import { MAX_TIME, MIN_TIME } from '../../schema/time.ts';
import { isUuid, looksLikeUuid, notAUuid } from '../../schema/uuid.ts';
import type { ObservationRef } from '../domain/observation/observations.ts';

const NODE_TYPES: readonly NodeType[] = ['Stream', 'Observation', 'Prediction', 'Peer'];
const PUBLIC_KEY = /^[A-Za-z0-9_-]{43}$/;
/** Greatest `serverId`, which is a 32-bit integer in storage. */
export const MAX_SERVER_ID = 2_147_483_647;

/** The type of a node by its GraphQL name. */
export function nodeType(name: string): NodeType {
  const type = NODE_TYPES.find((candidate) => candidate === name);
  if (!type) throw new Error(`${name} has no global ids`);
  return type;
}

export function isPublicKey(text: string): boolean {
  return PUBLIC_KEY.test(text);
}

/** The uuid of a stream that was named by its uuid or its global id. Throws `BAD_INPUT`. */
export function streamUuid(id: string): string {
  if (looksLikeUuid(id)) return checkUuid(id);
  return named('Stream', id, isUuid, 'the uuid or the id of a stream').toLowerCase();
}

/** A stream's uuid. Throws `BAD_INPUT` for anything but one of version 4. */
export function checkUuid(uuid: string): string {
  if (isUuid(uuid)) return uuid.toLowerCase();
  throw new PresageError('BAD_INPUT', notAUuid(uuid));
}

/** The public key of a peer that was named by it or by its global id. Throws `BAD_INPUT`. */
export function peerKey(id: string): string {
  return named('Peer', id, isPublicKey, 'the public key or the id of a peer');
}

/** Which observation a global id means. Throws `BAD_INPUT`. */
export function observationRef(id: string): ObservationRef {
  const node = decodeNodeId(id);
  const ref = node?.type === 'Observation' ? observationOf(node.local) : undefined;
  if (!ref) throw notNamed(id, 'the id of an observation');
  return ref;
}

/** The parts of an observation's local id; `undefined` where there can be no such observation. */
export function observationOf(local: string): ObservationRef | undefined {
  const ref = parseObservationLocal(local);
  if (!ref || ref.streamServerId > MAX_SERVER_ID) return undefined;
  return ref.observedAt >= MIN_TIME && ref.observedAt <= MAX_TIME ? ref : undefined;
}

function named(type: NodeType, id: string, isLocal: (text: string) => boolean, expected: string): string {
  if (isLocal(id)) return id;
  const node = decodeNodeId(id);
  if (node?.type !== type || !isLocal(node.local)) throw notNamed(id, expected);
  return node.local;
}

function notNamed(id: string, expected: string): PresageError {
  return new PresageError('BAD_INPUT', `"${id.slice(0, 60)}" is not ${expected}.`);
}
