import type {
  HandoffStrategy,
  InstanceName,
  MigrationDocument,
  StreamName,
} from '../../../../schema/log-entry.ts';
import type { EpochMs } from '../../../../schema/time.ts';
import type { Actor } from '../../actor.ts';
import type { HandoffState } from './state-machine.ts';

export interface NewHandoff {
  /** Names of instances. */
  readonly from: string;
  readonly to: string;
  readonly strategy: HandoffStrategy;
  /** Uuids; null for all that the source should collect. */
  readonly streams: readonly string[] | null;
  /** How long a step may take before the handoff is undone, in ms. @default 60000 */
  readonly stepTimeoutMs?: number | undefined;
  /** Of a maintenance: how long nobody may be collecting, in ms. @default 300000 */
  readonly windowMs?: number | undefined;
}

export interface HandoffDocument {
  readonly id: string;
  readonly source: InstanceName;
  readonly target: InstanceName;
  readonly strategy: HandoffStrategy;
  readonly streams: readonly StreamName[];
  /** How many of the streams are moved and confirmed. */
  readonly moved: number;
  readonly state: HandoffState;
  readonly startedAt: EpochMs;
  readonly finishedAt: EpochMs | null;
  /** Why it is undone. */
  readonly reason: string | null;
  /** What the present step waits for; null where nothing is known of it. */
  readonly waitingFor: string | null;
  readonly events: readonly MigrationDocument[];
}

/** What a handoff would do. */
export interface HandoffPlan {
  readonly source: InstanceName;
  readonly target: InstanceName;
  readonly streams: readonly StreamName[];
  /** Why it would be refused at once; empty where nothing speaks against it. */
  readonly problems: readonly string[];
  readonly steps: readonly HandoffState[];
}

/**
 * Moving streams from one instance to another, by operators. `tenant` names the one it is done in, by default the
 * operator's own. Everybody else is `FORBIDDEN`.
 */
export interface Handoffs {
  /** What `start` would do; changes nothing. Throws `NOT_FOUND`, `BAD_INPUT`. */
  plan(actor: Actor, tenant: string | null, handoff: NewHandoff): Promise<HandoffPlan>;
  /**
   * Begins a handoff; one between the same instances that is under way is gone on with instead. Throws `NOT_FOUND`,
   * `BAD_INPUT`, and `CONFLICT` if one of them is in another handoff.
   */
  start(actor: Actor, tenant: string | null, handoff: NewHandoff): Promise<HandoffDocument>;
  /** Looks whether the present step is over and takes the next one. Anybody may drive, any number at once. */
  advance(actor: Actor, tenant: string | null, id: string): Promise<HandoffDocument>;
  /** Undoes a handoff that is under way: the source collects again. Throws `NOT_FOUND`, `CONFLICT` if it is over. */
  abort(actor: Actor, tenant: string | null, id: string): Promise<HandoffDocument>;
  /** Retires an instance: its name, host and port are free. For the peer whose it is too. Throws `NOT_FOUND`, `CONFLICT` while it is in a handoff. */
  retire(actor: Actor, tenant: string | null, instance: string): Promise<void>;
  /** Newest first, 100 at most. */
  list(actor: Actor, tenant: string | null, unfinished: boolean): Promise<readonly HandoffDocument[]>;
}
