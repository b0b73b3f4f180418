/** How long what peers get is good for. */
export interface PeerSettings {
  /** The tenant that whoever signs in joins. */
  readonly tenant: string;
  /** Seconds to answer a challenge in. */
  readonly challengeSeconds: number;
  /** Seconds that an access token is good for. */
  readonly accessSeconds: number;
  /** Seconds that a refresh token is good for, if it isn't used before. */
  readonly refreshSeconds: number;
  /** Milliseconds for which a peer's row is not read again: how late a change of it takes effect. */
  readonly peerCacheMs: number;
}

export const DEFAULT_PEER_SETTINGS: PeerSettings = Object.freeze({
  tenant: 'default',
  challengeSeconds: 120,
  accessSeconds: 900,
  refreshSeconds: 30 * 86_400,
  peerCacheMs: 5_000,
});
