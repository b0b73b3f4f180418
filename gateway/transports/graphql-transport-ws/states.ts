import { CLOSE, type CloseCode } from './close-codes.ts';
import type { ClientMessageType } from './messages.ts';

/**
 * `opened`: waits for `connection_init`; `initialising`: its token is being checked; `ready`: acknowledged; `leaving`: the
 * server stops, and answers what it has begun.
 */
export type State = 'opened' | 'initialising' | 'ready' | 'leaving' | 'closed';

/** What a message means in a state: something to do, or a close code. */
export type Action =
  | 'initialise'
  | 'answer-ping'
  | 'renew-token'
  | 'subscribe'
  | 'complete'
  | 'ignore'
  | CloseCode;

/** The protocol as a total table; docs/protocol.md has it in prose. */
export const TRANSITIONS: Readonly<Record<State, Readonly<Record<ClientMessageType, Action>>>> = {
  opened: {
    connection_init: 'initialise',
    ping: 'answer-ping',
    pong: 'ignore',
    subscribe: CLOSE.UNAUTHORIZED,
    complete: 'ignore',
  },
  initialising: {
    connection_init: CLOSE.TOO_MANY_INITS,
    ping: 'answer-ping',
    pong: 'ignore',
    subscribe: CLOSE.UNAUTHORIZED,
    complete: 'ignore',
  },
  ready: {
    connection_init: CLOSE.TOO_MANY_INITS,
    ping: 'renew-token',
    pong: 'ignore',
    subscribe: 'subscribe',
    complete: 'complete',
  },
  leaving: {
    connection_init: 'ignore',
    ping: 'answer-ping',
    pong: 'ignore',
    subscribe: 'ignore',
    complete: 'complete',
  },
  closed: {
    connection_init: 'ignore',
    ping: 'ignore',
    pong: 'ignore',
    subscribe: 'ignore',
    complete: 'ignore',
  },
};

/** Texts of the closes that a state and a message alone decide. */
export const REASONS: Readonly<Partial<Record<CloseCode, string>>> = {
  [CLOSE.UNAUTHORIZED]: 'Unauthorized: subscribe only after connection_ack',
  [CLOSE.TOO_MANY_INITS]: 'Too many initialisation requests',
};
