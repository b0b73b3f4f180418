import type { PeerDocument, Position, ScoreDocument } from '../../../schema/log-entry.ts';

/** A leaderboard to be read. */
export interface LeaderboardRequest {
  /** Null: of all streams, each error in units of its target's scale. */
  readonly streamUuid: string | null;
  /** Targets of each stream that count, the newest ones: 1 to 1,000. */
  readonly window: number;
  readonly first: number;
}

export interface LeaderboardEntry {
  readonly rank: number;
  readonly peer: PeerDocument;
  /** 1 − Σ|error| / Σ|naive error|; what was missed counts as the naive error. */
  readonly skill: number;
  /** The skill by how much it is trusted, which the rank goes by. */
  readonly shrunkSkill: number;
  readonly meanScaledError: number;
  readonly scored: number;
  readonly missed: number;
  /** The peer's part of 1. */
  readonly weight: number;
}

export interface Scores {
  /** Present scores by the id of the prediction; none where the target is not in, or is retracted. */
  ofPredictions(tenant: string, ids: readonly Position[]): Promise<ReadonlyMap<Position, ScoreDocument>>;
  /** Best first. Throws `NOT_FOUND`, `BAD_INPUT`. */
  leaderboard(tenant: string, request: LeaderboardRequest): Promise<readonly LeaderboardEntry[]>;
}
