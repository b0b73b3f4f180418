import type { PeerLimits } from '../actor.ts';

/** Who runs the installation, and what peers may do that have no limits of their own. */
export interface PeerRules {
  /** Public keys of the installation's operators. */
  readonly operatorKeys: readonly string[];
  readonly limits: PeerLimits;
}

/** How long what peers get is good for, and whom it is given. */
export interface PeerSettings extends PeerRules {
  /** The tenant that whoever signs in without naming one is in. */
  readonly tenant: string;
  /** Whether a new key may join that tenant without a code. */
  readonly openJoin: boolean;
  /** Seconds to answer a challenge in. */
  readonly challengeSeconds: number;
  /** Seconds that an access token is good for. */
  readonly accessSeconds: number;
  /** Seconds that a refresh token is good for, if it isn't used before. */
  readonly refreshSeconds: number;
  /** Milliseconds for which a peer's row is not read again: how late a change that was not heard of takes effect. */
  readonly peerCacheMs: number;
  /** Sign-ins a minute that one key gets. */
  readonly signInsPerKey: number;
  /** Challenges, answers and refreshes a minute that one address gets. */
  readonly signInsPerAddress: number;
}

export const DEFAULT_PEER_RULES: PeerRules = Object.freeze({
  operatorKeys: [],
  limits: { observationsPerMinute: 6_000_000, predictionsPerMinute: 600_000, streams: 10_000 },
});

export const DEFAULT_PEER_SETTINGS: PeerSettings = Object.freeze({
  ...DEFAULT_PEER_RULES,
  tenant: 'default',
  openJoin: true,
  challengeSeconds: 120,
  accessSeconds: 900,
  refreshSeconds: 30 * 86_400,
  peerCacheMs: 750,
  signInsPerKey: 60,
  signInsPerAddress: 1_200,
});
