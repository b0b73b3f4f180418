import type { EpochMs } from '../../schema/time.ts';
import type { EventLoopDelay } from '../event-loop.ts';
import type { NeuronStatus } from '../status.ts';
import type { QuantileValue } from '../storage/prediction-rows.ts';
import type { ReportedPrediction } from '../storage/report-rows.ts';
import type { Store } from '../storage/store.ts';
import type { StreamRow } from '../storage/stream-rows.ts';
import type { TrainingState } from '../training/trainees.ts';

/** Counts up when a shape below changes in a way that readers notice. */
const STATE_VERSION = 1;

/** The neuron as a whole. Times are epoch ms. */
export interface NeuronReport {
  readonly version: typeof STATE_VERSION;
  readonly at: EpochMs;
  /** Whose state it is: another neuron may have the port. */
  readonly dataDir: string;
  /** Whether a neuron runs on the data directory. One that does not answer is reported by its files, without the rest. */
  readonly running: boolean;
  readonly neuron: NeuronStatus | null;
  readonly outbox: OutboxReport;
  readonly training: TrainingReport | null;
  readonly metrics: MetricsReport | null;
  readonly store: { readonly bytes: number; readonly freeBytes: number };
}

export interface OutboxReport {
  readonly waiting: number;
  /** When the oldest waiting prediction was made; null if none waits. */
  readonly oldestMadeAt: EpochMs | null;
  /** How many predictions ended how: `ACCEPTED`, `DUPLICATE`, `LATE`, `EXPIRED` (dropped: its target had come), … */
  readonly answers: Readonly<Record<string, number>>;
}

interface TrainingReport {
  readonly threads: number;
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
}

interface MetricsReport {
  readonly eventLoop: EventLoopDelay;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly uptimeSeconds: number;
}

export interface StreamReport {
  readonly uuid: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly cadenceSeconds: number | null;
  readonly observations: number;
  readonly last: { readonly observedAt: EpochMs; readonly value: string } | null;
  /** Milliseconds since its last observation. */
  readonly stalenessMs: number | null;
  /** The newest prediction of each horizon from the newest base, the nearest first. */
  readonly predictions: readonly PredictionReport[];
  /** Who made the newest prediction. */
  readonly adapter: string | null;
  /** 1 − Σ|error| / Σ|naive error| of its newest 100 one-step predictions whose targets have come; null before. */
  readonly skillLive: number | null;
  /** How many those are. */
  readonly scored: number;
  /** The same in the backtest of its last training; null if it was not trained. */
  readonly skillBacktest: number | null;
  readonly chainBreaks: number;
  readonly chainRepairs: number;
  /** Null for a neuron that does not run. */
  readonly training: TrainingState | null;
  readonly trainedAt: EpochMs | null;
}

interface PredictionReport {
  readonly baseAt: EpochMs;
  readonly horizon: number;
  readonly value: string;
  readonly quantiles: readonly QuantileValue[];
  readonly adapter: string;
  readonly madeAt: EpochMs;
  readonly answer: string | null;
}

/** A stream with its recent past, oldest first. */
export interface StreamHistoryReport {
  readonly stream: StreamReport;
  readonly observations: readonly { readonly observedAt: EpochMs; readonly value: string }[];
  readonly predictions: readonly (PredictionReport & {
    /** What was observed then, and how far off this and the naive forecast were; null before. */
    readonly actual: string | null;
    readonly error: number | null;
    readonly naiveError: number | null;
    /** The same as the server has it. */
    readonly serverError: string | null;
  })[];
}

/** What only a running neuron knows. */
interface LiveParts {
  readonly status: () => NeuronStatus;
  readonly training: (stream: number) => TrainingState;
  readonly trainingSummary: () => TrainingReport;
  readonly metrics: () => MetricsReport;
}

export interface ReportSource {
  readonly store: Store;
  readonly dataDir: string;
  /** Skill in the backtest and time of the last training; null for a stream that was not trained. */
  readonly trained: (stream: StreamRow) => { readonly skill: number; readonly at: EpochMs } | null;
  /** Null for one that is read from its files. */
  readonly live: LiveParts | null;
  readonly running: boolean;
}

/** Predictions that the live skill is over. */
const LIVE_ROWS = 100;
/** Most rows of a stream's recent past. */
export const MOST_HISTORY = 1_000;

/** Makes what status and dashboard show, of a running neuron or of the files of one. */
export class Reports {
  readonly #source: ReportSource;

  constructor(source: ReportSource) {
    this.#source = source;
  }

  neuron(): NeuronReport {
    const { store, dataDir, live, running } = this.#source;
    return {
      version: STATE_VERSION,
      at: Date.now(),
      dataDir,
      running,
      neuron: live?.status() ?? null,
      outbox: this.outbox(),
      training: live?.trainingSummary() ?? null,
      metrics: live?.metrics() ?? null,
      store: store.size(),
    };
  }

  outbox(): OutboxReport {
    const { predictions, reports } = this.#source.store;
    const waiting = predictions.countWaiting();
    return { waiting, oldestMadeAt: reports.oldestWaiting(), answers: predictions.countAnswers() };
  }

  /** The followed streams, by name. */
  followed(): StreamRow[] {
    return this.#source.store.streams
      .list()
      .filter((stream) => stream.followed === 1)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(nameOrUuid: string): StreamRow | undefined {
    return this.#source.store.streams
      .list()
      .find(({ uuid, name }) => uuid === nameOrUuid || name === nameOrUuid);
  }

  stream(row: StreamRow): StreamReport {
    const { store, live, trained } = this.#source;
    const last = store.observations.newest(row.id);
    const recent = store.reports.recent(row.id, 64);
    // The newest is the first: what was made again stands for what was made before.
    const newest = new Map<number, ReportedPrediction>();
    for (const made of recent) {
      if (made.baseHash === recent[0]?.baseHash && !newest.has(made.horizon)) newest.set(made.horizon, made);
    }
    const { scored, error, naiveError } = store.reports.live(row.id, LIVE_ROWS);
    const training = trained(row);
    return {
      uuid: row.uuid,
      name: row.name,
      tags: JSON.parse(row.tags),
      cadenceSeconds: row.cadenceSeconds,
      observations: row.stored,
      last: last ? { observedAt: last.observedAt, value: last.value } : null,
      stalenessMs: last ? Math.max(0, Date.now() - last.observedAt) : null,
      predictions: [...newest.values()].map(predictionReport).sort((a, b) => a.horizon - b.horizon),
      adapter: recent[0]?.adapter ?? null,
      skillLive: scored > 0 ? skill(error ?? 0, naiveError ?? 0) : null,
      scored,
      skillBacktest: training?.skill ?? null,
      chainBreaks: row.chainBreaks,
      chainRepairs: row.chainRepairs,
      training: live?.training(row.id) ?? null,
      trainedAt: training?.at ?? null,
    };
  }

  history(row: StreamRow, limit: number): StreamHistoryReport {
    const { store } = this.#source;
    const rows = store.observations.present(row.id, limit);
    const observations = rows.map(({ observedAt, value }) => ({ observedAt, value }));
    const place = new Map(rows.map(({ observedAt }, index) => [observedAt, index]));
    const recent = store.reports.recent(row.id, limit).reverse();
    const predictions = recent.map((made) => {
      const base = place.get(made.baseAt);
      const target = base === undefined ? undefined : observations[base + made.horizon];
      const off = (value: string) => (target ? Math.abs(Number(value) - Number(target.value)) : null);
      return {
        ...predictionReport(made),
        actual: target?.value ?? null,
        error: off(made.value),
        naiveError: off(made.baseValue),
        serverError: made.absoluteError,
      };
    });
    return { stream: this.stream(row), observations, predictions };
  }
}

/** Where naive makes no error there is nothing to win, only to lose. */
function skill(error: number, naiveError: number): number {
  if (naiveError > 0) return 1 - error / naiveError;
  return error > 0 ? -1 : 0;
}

function predictionReport(made: ReportedPrediction): PredictionReport {
  const { baseAt, horizon, value, adapter, madeAt, answer } = made;
  return { baseAt, horizon, value, quantiles: JSON.parse(made.quantiles), adapter, madeAt, answer };
}
