import type { LogEntry } from '../../schema/log-entry.ts';
import type { InternalSubscription } from '../registry/registry.ts';
import type { SetChange } from '../streamer/change.ts';

/** What a streamer tells a gateway: an entry, and to which of its subscriptions it is what. */
export interface Delivery {
  readonly gatewayId: string;
  /** 1, 2, 3, … per gateway: a hole shows that a delivery was lost. */
  readonly sequence: number;
  readonly entry: LogEntry;
  /** An entry that is different things to different subscriptions comes as one delivery for each. */
  readonly type: SetChange;
  readonly subscriptions: readonly InternalSubscription[];
}
