import type { RefusalReason } from '../../refusals.ts';

/**
 * Why the server closes a socket. 44xx below 4470 are the protocol's (PROTOCOL.md of enisdenjo/graphql-ws), 447x are
 * ours; after any of ours a client may connect again at once and resume from its cursors.
 */
export const CLOSE = {
  /** The server stops; connect again, to it or another one. */
  GOING_AWAY: 1001,
  /** What is needed of the server to begin with is away for now; client libraries come again by themselves. */
  TRY_AGAIN_LATER: 1013,
  /** A message that is none, or of a wrong shape. */
  BAD_REQUEST: 4400,
  /** `subscribe` before `connection_ack`. */
  UNAUTHORIZED: 4401,
  /** The token was refused; the reason says why. */
  FORBIDDEN: 4403,
  SUBPROTOCOL_NOT_ACCEPTABLE: 4406,
  CONNECTION_INIT_TIMEOUT: 4408,
  SUBSCRIBER_EXISTS: 4409,
  TOO_MANY_INITS: 4429,
  /** Something failed here that is no fault of the client. */
  INTERNAL: 4500,
  /** The access token's time is over: connect with a new one. A `ping` with one would have prevented it. */
  TOKEN_EXPIRED: 4470,
  /** The client took nothing for too long although something waited for it. */
  STALLED: 4471,
  /** The client answered no ping. */
  UNRESPONSIVE: 4472,
  /** The peer was revoked: its tokens are refused, too. */
  REVOKED: 4473,
  /** The client sent more messages than it may: connect again, and send fewer. */
  TOO_MANY_MESSAGES: 4474,
  /** There was no operation for long: connect again when there is one. */
  IDLE: 4475,
} as const;

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];

/** What each counts as. */
export const REFUSED_AS: Readonly<Partial<Record<CloseCode, RefusalReason>>> = {
  [CLOSE.BAD_REQUEST]: 'bad-message',
  [CLOSE.UNAUTHORIZED]: 'bad-message',
  [CLOSE.FORBIDDEN]: 'bad-token',
  [CLOSE.SUBPROTOCOL_NOT_ACCEPTABLE]: 'bad-message',
  [CLOSE.CONNECTION_INIT_TIMEOUT]: 'init-timeout',
  [CLOSE.SUBSCRIBER_EXISTS]: 'bad-message',
  [CLOSE.TOO_MANY_INITS]: 'bad-message',
  [CLOSE.TOKEN_EXPIRED]: 'token-expired',
  [CLOSE.STALLED]: 'stalled',
  [CLOSE.UNRESPONSIVE]: 'unresponsive',
  [CLOSE.REVOKED]: 'revoked',
  [CLOSE.TOO_MANY_MESSAGES]: 'message-rate',
  [CLOSE.IDLE]: 'idle',
};

/** A close reason has room for 123 bytes. */
export function closeReason(reason: string): string {
  const bytes = Buffer.from(reason, 'utf8');
  return bytes.length <= 123
    ? reason
    : bytes
        .subarray(0, 120)
        .toString('utf8')
        .replace(/\uFFFD$/, '');
}
