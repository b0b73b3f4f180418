import type { Database } from '../storage/database.ts';
import { ConsensusReader } from './consensus/consensus-reader.ts';
import { ConsensusTask } from './consensus/consensus-task.ts';
import type { Domain, Peers } from './domain.ts';
import { CommitFeed } from './log/commit-feed.ts';
import { LogConsumer } from './log/log-consumer.ts';
import { LogReader } from './log/log-reader.ts';
import { LogWriter } from './log/log-writer.ts';
import { Ingest } from './observation/ingest.ts';
import { ObservationService } from './observation/observation-service.ts';
import { ObservationReader } from './observation/read-observations.ts';
import { PredictionService } from './prediction/prediction-service.ts';
import { ScoreService } from './scoring/score-service.ts';
import { Scorer } from './scoring/scorer.ts';
import { CatalogWatch } from './stream/catalog-watch.ts';
import { StreamCatalog } from './stream/stream-catalog.ts';
import { StreamService } from './stream/stream-service.ts';

/** The tenant that everybody is in who names no other. */
export const DEFAULT_TENANT = 'default';

export interface DomainSettings {
  /** How far in the future an `observedAt` may lie. */
  readonly maxFutureMs: number;
  /** How long predictions are gathered before the consensus is made of them. @default 100 */
  readonly consensusDebounceMs?: number;
}

export interface DomainLogger {
  error(fields: object, message: string): void;
}

/** The rules over a database, and the log reader that the gateway is handed. */
export interface OpenDomain extends Domain {
  readonly reader: LogReader;
  /** Works off one log by hand; `background` does it by itself. */
  readonly scorer: LogConsumer;
  /** Keeps the consensus of every stream; worked by hand like the scorer. */
  readonly forecaster: LogConsumer;
  readonly consensus: ConsensusReader;
  /** What goes on beside requests: to be started once, and stopped before the database closes. */
  readonly background: readonly Background[];
}

interface Background {
  start(): void;
  stop(): Promise<void>;
}

/** How often consumers look for what no commit of this process told them of, in ms. */
const POLL_MS = 1_000;

/** Puts the rules together and makes sure that the default tenant is there. */
export async function openDomain(
  database: Database,
  peers: Peers,
  settings: DomainSettings,
  logger: DomainLogger,
): Promise<OpenDomain> {
  const { pool } = database;
  const now = Date.now;
  await ensureTenant(database, DEFAULT_TENANT);
  const feed = new CommitFeed((error) => logger.error({ err: error }, 'a listener to the log failed'));
  const writer = new LogWriter(pool, feed, now);
  const catalog = new StreamCatalog(pool);
  const reader = new LogReader(pool, catalog);
  const onFailure = (error: unknown) =>
    logger.error({ err: error }, 'work in the background failed; it goes on');
  const consumer = { pool, feed, pollMs: POLL_MS, onFailure };
  const scorer = new LogConsumer(consumer, new Scorer(pool, writer, catalog));
  const forecaster = new LogConsumer(
    consumer,
    new ConsensusTask({ pool, writer, catalog, debounceMs: settings.consensusDebounceMs ?? 100 }),
  );
  return {
    peers,
    reader,
    scorer,
    forecaster,
    background: [scorer, forecaster, new CatalogWatch(pool, catalog, onFailure)],
    consensus: new ConsensusReader(pool, catalog),
    scores: new ScoreService(pool, catalog),
    streams: new StreamService(pool, writer, catalog),
    observations: new ObservationService({
      ...{ pool, writer, catalog, now, maxFutureMs: settings.maxFutureMs },
      ingest: new Ingest(pool, writer, feed, now),
      reader: new ObservationReader(pool, catalog),
    }),
    predictions: new PredictionService(pool, writer, catalog),
    log: {
      head: (tenant) => reader.head(tenant),
      onCommit: (listener) => feed.listen(listener),
    },
  };
}

async function ensureTenant({ pool }: Database, tenant: string): Promise<void> {
  await pool.query('INSERT INTO tenants (name) VALUES ($1) ON CONFLICT DO NOTHING', [tenant]);
  await pool.query('INSERT INTO log_heads (tenant) VALUES ($1) ON CONFLICT DO NOTHING', [tenant]);
}
