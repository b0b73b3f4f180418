import type { ObservationDocument, PeerDocument, StreamDocument } from '../../schema/log-entry.ts';

/** What conditions can be about, whatever the topic: observations and predictions are ones as they are. */
export interface Matchable {
  readonly stream: StreamDocument;
  readonly value?: ObservationDocument['value'];
  readonly observedAt?: ObservationDocument['observedAt'];
  readonly provider?: string;
  readonly hash?: string;
  readonly peer?: PeerDocument;
}
