import type { GraphQLFormattedError } from 'graphql';
import type { WrappedPayload } from '../../delivery/outbox.ts';
import type { GraphQLRequest } from '../../ports.ts';

type Payload = Readonly<Record<string, unknown>>;

export type ClientMessage =
  | { readonly type: 'connection_init' | 'ping' | 'pong'; readonly payload: Payload | null }
  | { readonly type: 'subscribe'; readonly id: string; readonly payload: GraphQLRequest }
  | { readonly type: 'complete'; readonly id: string };
export type ClientMessageType = ClientMessage['type'];

/** A message that the protocol does not have. Its text is the close reason. */
export class BadMessage extends Error {
  override readonly name = 'BadMessage';
}

/** Reads a client's message. Throws `BadMessage`. */
export function parseMessage(text: string): ClientMessage {
  const message = object(parseJson(text), 'A message');
  switch (message.type) {
    case 'connection_init':
    case 'ping':
    case 'pong':
      return { type: message.type, payload: optionalObject(message.payload, `${message.type} payload`) };
    case 'subscribe':
      return { type: 'subscribe', id: idOf(message), payload: requestOf(message.payload) };
    case 'complete':
      return { type: 'complete', id: idOf(message) };
    default:
      throw new BadMessage(`Unknown message type ${show(message.type)}`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadMessage('A message is not JSON');
  }
}

function requestOf(given: unknown): GraphQLRequest {
  const payload = object(given, 'subscribe payload');
  const { query, operationName = null } = payload;
  if (typeof query !== 'string') throw new BadMessage('subscribe payload.query is not a string');
  if (operationName !== null && typeof operationName !== 'string') {
    throw new BadMessage('subscribe payload.operationName is not a string');
  }
  optionalObject(payload.extensions, 'subscribe payload.extensions');
  const variables = optionalObject(payload.variables, 'subscribe payload.variables');
  return { query, operationName, variables };
}

function idOf({ type, id }: Payload): string {
  if (typeof id === 'string' && id !== '') return id;
  throw new BadMessage(`${String(type)} has no id`);
}

function optionalObject(given: unknown, what: string): Payload | null {
  return given === undefined || given === null ? null : object(given, what);
}

function object(given: unknown, what: string): Payload {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return { ...given };
  throw new BadMessage(`${what} is not an object`);
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 40);
}

export const ACK = Buffer.from('{"type":"connection_ack"}');
export const PING = Buffer.from('{"type":"ping"}');
export const PONG = Buffer.from('{"type":"pong"}');

/** What stands before the payload in the `next` messages of an operation: made once for all of them, in ASCII. */
export function nextHead(id: string): string {
  // Joined, as a template's text would keep its parts beside the whole.
  return ['{"id":', asciiJson(id), ',"type":"next","payload":'].join('');
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function nextFrame(head: string, payload: Buffer): WrappedPayload {
  return { head, payload, tail: '}' };
}

export function errorFrame(id: string, payload: readonly GraphQLFormattedError[]): Buffer {
  return Buffer.from(JSON.stringify({ id, type: 'error', payload }));
}

/** In one piece with the last `next`, where that is held back for it. */
export function completeFrame(id: string): WrappedPayload {
  return { head: ['{"id":', asciiJson(id), ',"type":"complete"'].join(''), payload: NOTHING, tail: '}' };
}
const NOTHING = Buffer.alloc(0);
