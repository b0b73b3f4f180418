import type { PeerDocument } from '../../schema/log-entry.ts';

/** Who changes something. */
export interface Actor {
  readonly tenant: string;
  readonly peer: PeerDocument;
}

/** What a peer may do in a minute, and how many streams it may own. */
export interface PeerLimits {
  readonly observationsPerMinute: number;
  readonly predictionsPerMinute: number;
  readonly streams: number;
}
