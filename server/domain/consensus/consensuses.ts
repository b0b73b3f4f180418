import type { ConsensusDocument } from '../../../schema/log-entry.ts';

export interface Consensuses {
  /** The newest consensus of each of these streams, by `serverId`; none where nobody has predicted yet. */
  of(tenant: string, streams: readonly number[]): Promise<ReadonlyMap<number, ConsensusDocument>>;
}
