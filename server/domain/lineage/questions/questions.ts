import type {
  GapKind,
  InstanceDocument,
  InstanceName,
  SessionStatus,
  StreamName,
} from '../../../../schema/log-entry.ts';
import type { EpochMs } from '../../../../schema/time.ts';

/** A stretch of time, the end not in it. */
export interface Stretch {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** A session as far as it concerns a stream, or everything it collects. */
export interface Collecting {
  readonly sessionId: number;
  readonly instance: InstanceName;
  readonly source: string;
  readonly status: SessionStatus;
  /** Null where the session as a whole is meant. */
  readonly symbol: string | null;
  readonly kinds: readonly string[];
  readonly startedAt: EpochMs;
  /** Until when it collected as far as is known; of what goes on, until now. */
  readonly endedAt: EpochMs;
  /** Whether it goes on. */
  readonly open: boolean;
  readonly messages: number;
  readonly bytes: number;
  readonly firstMessageAt: EpochMs | null;
  readonly lastMessageAt: EpochMs | null;
}

export interface TimelineEntry extends Collecting {
  /** How long it collected within the stretch, in ms. */
  readonly durationMs: number;
}

/** Who collected in a stretch of time, and how much of it was covered by anybody. */
export interface Timeline extends Stretch {
  /** In the order in which they began; as many as were asked for. */
  readonly entries: readonly TimelineEntry[];
  /** Of all in the stretch, listed or not. */
  readonly total: number;
  readonly messages: number;
  readonly bytes: number;
  /** How much of the stretch somebody collected, in ms: what overlaps counts once. */
  readonly coveredMs: number;
}

export interface TimelineRequest {
  /** Null: every session of the tenant. */
  readonly streamUuid: string | null;
  readonly stretch: Stretch;
  readonly limit: number;
}

/** A gap within the stretch that was asked for. */
export interface Gap extends Stretch {
  readonly kind: GapKind;
  readonly stream: StreamName;
  readonly durationMs: number;
  /** Whether it reaches the present. */
  readonly open: boolean;
}

export interface GapsRequest {
  /** Null: every stream that was ever collected and is not archived. */
  readonly streamUuid: string | null;
  /** Null: both. */
  readonly kind: GapKind | null;
  readonly stretch: Stretch;
  /** Shorter ones are left out. */
  readonly minMs: number;
  /** Spacing of observations beyond so many times the stream's cadence is a data gap. */
  readonly factor: number;
  readonly limit: number;
}

/** Where an instance is reached: for operators. */
export interface InstanceAddress {
  readonly host: string;
  readonly port: number | null;
  readonly storagePath: string;
  readonly clientId: string;
}

export interface Instance extends InstanceDocument {
  /** When its last heartbeat came. */
  readonly seenAt: EpochMs;
  /** Whether it is heard of. */
  readonly alive: boolean;
  readonly address: InstanceAddress;
  /** What it can collect, and what of it it should. */
  readonly offers: readonly {
    readonly stream: StreamName;
    readonly wanted: boolean;
    readonly collecting: boolean;
  }[];
}

/** What can be asked of the record. Times in the future are answered as of now. */
export interface LineageQuestions {
  /** The tenant's instances, by name; those that are retired too where asked for. */
  instances(tenant: string, retired: boolean): Promise<readonly Instance[]>;
  /** Who was collecting a stream at an instant, finished sessions among them. Throws `NOT_FOUND`. */
  collectingAt(tenant: string, streamUuid: string, at: EpochMs): Promise<readonly Collecting[]>;
  /** Throws `NOT_FOUND`, `BAD_INPUT`. */
  timeline(tenant: string, request: TimelineRequest): Promise<Timeline>;
  /** By stream, then by time. Throws `NOT_FOUND`, `BAD_INPUT`. */
  gaps(tenant: string, request: GapsRequest): Promise<readonly Gap[]>;
}
