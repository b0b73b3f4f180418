import type {
  LineageDocument,
  ObservationDocument,
  PeerDocument,
  StreamDocument,
} from '../../schema/log-entry.ts';

/** What conditions can be about, whatever the topic: observations and predictions are ones as they are. */
export interface Matchable {
  readonly stream: StreamDocument;
  readonly value?: ObservationDocument['value'];
  readonly observedAt?: ObservationDocument['observedAt'];
  readonly provider?: string;
  readonly hash?: string;
  readonly peer?: PeerDocument;
  readonly lineage?: LineageDocument;
}

/** The stream of what is on none: no stream has an empty uuid or name. */
export const NO_STREAM: StreamDocument = {
  ...{ serverId: 0, uuid: '', name: '', author: '', secondary: null, target: null, meta: null },
  ...{ description: null, tags: [], cadenceSeconds: null, createdAt: 0, archivedAt: null },
};
