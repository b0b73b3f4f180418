/** How the record is kept. Times in ms. */
export interface LineageSettings {
  /** A session without a heartbeat for so long has failed, at its last one. */
  readonly heartbeatTimeoutMs: number;
  /** How often a server looks for sessions that have failed, for gaps, and drives handoffs on. */
  readonly watchMs: number;
  /** Shorter gaps are not announced. */
  readonly minGapMs: number;
  /** Observations further apart than so many times the stream's cadence leave a data gap. */
  readonly cadenceFactor: number;
  /** Instances that are not retired that one peer may register over the API. */
  readonly instancesPerPeer: number;
  /** How often a minute one peer's instances may write the record over the API; of each process of the API. */
  readonly recordCallsPerMinute: number;
}

export const DEFAULT_LINEAGE_SETTINGS: LineageSettings = {
  heartbeatTimeoutMs: 15_000,
  watchMs: 1_000,
  minGapMs: 0,
  cadenceFactor: 3,
  instancesPerPeer: 100,
  recordCallsPerMinute: 6_000,
};
