import { PresageError } from '../../schema/errors.ts';
import type { Database } from '../storage/database.ts';
import type { Actor } from './actor.ts';
import { BufferService } from './buffer/buffer-service.ts';
import type { InstanceStorage } from './buffer/buffers.ts';
import { ConsensusReader } from './consensus/consensus-reader.ts';
import { ConsensusTask } from './consensus/consensus-task.ts';
import type { Control } from './control/control.ts';
import { LocalControl } from './control/local-control.ts';
import type { Domain } from './domain.ts';
import { AlertSender, type AlertSettings } from './lineage/alerts/alert-sender.ts';
import { GapWatch } from './lineage/gap-watch.ts';
import { HandoffService } from './lineage/handoff/handoff-service.ts';
import type { LineageRecord } from './lineage/lineage.ts';
import { LineageWatch } from './lineage/lineage-watch.ts';
import { PeerRecordService } from './lineage/peers/peer-record-service.ts';
import { QuestionService } from './lineage/questions/question-service.ts';
import { RecordService } from './lineage/record-service.ts';
import { DEFAULT_LINEAGE_SETTINGS, type LineageSettings } from './lineage/settings.ts';
import { type LineageStats, lineageStats } from './lineage/stats.ts';
import { CommitFeed } from './log/commit-feed.ts';
import { LogConsumer } from './log/log-consumer.ts';
import { LogReader } from './log/log-reader.ts';
import { LogWriter } from './log/log-writer.ts';
import { SlicedLog } from './log/sliced-log.ts';
import { TimelineWatch } from './log/timeline-watch.ts';
import { Timelines, type WentBack } from './log/timelines.ts';
import { GuardedObservations } from './observation/guarded-observations.ts';
import { Ingest } from './observation/ingest.ts';
import { ObservationReader } from './observation/read-observations.ts';
import type { Peers } from './peer/peers.ts';
import { DEFAULT_PEER_RULES, type PeerRules } from './peer/settings.ts';
import { WriteGuard } from './peer/write-guard.ts';
import { GuardedPredictions } from './prediction/guarded-predictions.ts';
import { ScoreService } from './scoring/score-service.ts';
import { Scorer } from './scoring/scorer.ts';
import { CatalogWatch } from './stream/catalog-watch.ts';
import { GuardedStreams } from './stream/guarded-streams.ts';
import { StreamCatalog } from './stream/stream-catalog.ts';
import { createTenant } from './tenant/create-tenant.ts';
import { TenantService } from './tenant/tenant-service.ts';

/** The tenant that everybody is in who names no other. */
export const DEFAULT_TENANT = 'default';

export interface DomainSettings {
  /** How far in the future an `observedAt` may lie. */
  readonly maxFutureMs: number;
  /** @default nobody runs the installation, and limits are the defaults */
  readonly rules?: PeerRules;
  /** How long predictions are gathered before the consensus is made of them. @default 100 */
  readonly consensusDebounceMs?: number;
  /** Reads what instances that collect keep. @default nothing can be read */
  readonly storage?: InstanceStorage;
  /** @default DEFAULT_LINEAGE_SETTINGS */
  readonly lineage?: LineageSettings;
  /** Where alerts are posted. @default nowhere */
  readonly alerts?: AlertSettings | undefined;
}

export interface DomainLogger {
  error(fields: object, message: string): void;
}

/** The rules over a database, and the log readers that the gateway is handed. */
export interface OpenDomain extends Domain {
  readonly reader: LogReader;
  /** What is known of the timelines of logs. */
  readonly timelines: Timelines;
  /** Resolves when a log is found to have gone back, and what this process remembers can't be trusted any more. */
  readonly wentBack: Promise<WentBack>;
  /** The same for subscriptions that begin and catch up, within what readers may take of the database. */
  readonly subscribers: SlicedLog;
  /** Works off one log by hand; `background` does it by itself. */
  readonly scorer: LogConsumer;
  /** Keeps the consensus of every stream; worked by hand like the scorer. */
  readonly forecaster: LogConsumer;
  readonly consensus: ConsensusReader;
  /** How those that collect keep the record of it. */
  readonly record: LineageRecord;
  /** The record in numbers. */
  readonly lineageStats: () => Promise<LineageStats>;
  /** What goes on beside requests: to be started once, and stopped before the database closes. */
  readonly background: readonly Background[];
  /** The part of it that every process needs, also one that leaves the work on the log to others. */
  readonly upkeep: readonly Background[];
}

interface Background {
  start(): void;
  stop(): Promise<void>;
}

/** Of a server that can't read the storage of instances. */
const NO_STORAGE: InstanceStorage = {
  read: () => ({
    [Symbol.asyncIterator]: () => ({
      next: () =>
        Promise.reject(new PresageError('UNAVAILABLE', 'This server reads no storage of instances.')),
    }),
  }),
};

/** How often consumers look for what no commit of this process told them of, in ms. */
const POLL_MS = 1_000;

/** Puts the rules together and makes sure that the default tenant is there. */
export async function openDomain(
  database: Database,
  peers: Peers,
  settings: DomainSettings,
  logger: DomainLogger,
  control: Control = new LocalControl(),
): Promise<OpenDomain> {
  const { tenants, queries } = database;
  const now = Date.now;
  await createTenant(database, DEFAULT_TENANT);
  control.listen((event) => peers.hear(event));
  const feed = new CommitFeed((error) => logger.error({ err: error }, 'a listener to the log failed'));
  const catalog = new StreamCatalog(tenants);
  let tellWentBack: (fact: WentBack) => void = () => undefined;
  const wentBack = new Promise<WentBack>((resolve) => {
    tellWentBack = resolve;
  });
  // What was created in what is lost must not be taken for what has its number now.
  const timelines = new Timelines(database.readers, { wentBack: tellWentBack, began: () => catalog.clear() });
  const writer = new LogWriter(tenants, feed, now, timelines);
  const reader = new LogReader(tenants, catalog, timelines);
  const asked = new LogReader(queries, catalog, timelines);
  const subscribers = new SlicedLog({
    log: new LogReader(database.readers, catalog, timelines),
    snapshots: asked,
  });
  const guard = new WriteGuard(peers, now);
  const rules = settings.rules ?? DEFAULT_PEER_RULES;
  const onFailure = (error: unknown) =>
    logger.error({ err: error }, 'work in the background failed; it goes on');
  const lineage = settings.lineage ?? DEFAULT_LINEAGE_SETTINGS;
  const { pool, claims } = database;
  const consumer = { pool, claims, feed, pollMs: POLL_MS, onFailure };
  const scorer = new LogConsumer(consumer, new Scorer(pool, writer, catalog));
  const observations = new GuardedObservations(
    {
      ...{ writer, catalog, now, maxFutureMs: settings.maxFutureMs },
      reads: queries,
      ingest: new Ingest(tenants, writer, now),
      reader: new ObservationReader(queries, catalog),
    },
    guard,
    reader,
  );
  const forecaster = new LogConsumer(
    consumer,
    new ConsensusTask({ pool, writer, catalog, debounceMs: settings.consensusDebounceMs ?? 100 }),
  );
  const operators = new TenantService({ database, peers, control, rules });
  const operated = (actor: Actor, named: string | null) => operators.operated(actor, named);
  const record = new RecordService(tenants, writer, lineage);
  const handoffs = new HandoffService({ tenants, writer, catalog, settings: lineage, operated });
  const gaps = new GapWatch(pool, writer, lineage);
  const upkeep = [
    new CatalogWatch(pool, catalog, onFailure),
    new TimelineWatch({ pool, timelines, wentBack, onFailure }),
  ];
  const watch = new LineageWatch({ pool, writer, gaps, handoffs, settings: lineage, onFailure });
  const alerts = settings.alerts ? [new AlertSender(pool, settings.alerts, onFailure)] : [];
  return {
    peers,
    tenants: operators,
    reader,
    timelines,
    wentBack,
    subscribers,
    streams: new GuardedStreams(guard, queries, writer, catalog),
    observations,
    buffers: new BufferService({
      reads: queries,
      catalog,
      observations,
      peers,
      storage: settings.storage ?? NO_STORAGE,
    }),
    predictions: new GuardedPredictions(guard, queries, writer, catalog),
    record,
    peerRecord: new PeerRecordService({ tenants, catalog, guard, record, settings: lineage, now }),
    lineage: new QuestionService(queries, catalog, lineage),
    handoffs,
    lineageStats: () => lineageStats(pool, lineage.heartbeatTimeoutMs),
    scorer,
    forecaster,
    background: [scorer, forecaster, watch, ...upkeep, ...alerts],
    upkeep,
    consensus: new ConsensusReader(queries, catalog),
    scores: new ScoreService(queries, catalog),
    log: {
      head: (tenant) => asked.head(tenant),
      cursor: (tenant, position) => timelines.cursorOf(tenant, position),
      resume: (tenant, cursor) => timelines.resume(tenant, cursor),
      onCommit: (listener) => feed.listen(listener),
    },
  };
}
