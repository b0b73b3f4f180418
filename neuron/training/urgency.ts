/** What the queue knows of a stream, for when and in which order it is trained. */
export interface TrainingNeed {
  readonly stream: number;
  /** When its training ended last, epoch ms; undefined if it never was trained. */
  readonly trainedAt: number | undefined;
  /** Rows that came since, and rows there are. */
  readonly newRows: number;
  readonly rows: number;
  /** 1 − its error / the naive error in the backtest. */
  readonly backtestSkill: number;
  /** The same lately: by the server's newest scores, or by the remembered rows while there are none. */
  readonly liveSkill: number;
  /** The live errors have left the range of the backtest. */
  readonly drifted: boolean;
  /** Not before this time, epoch ms: its last trainings failed. */
  readonly notBefore: number;
}

/** A drifted stream need not wait for the whole interval, only for this part of it. */
const DRIFTED_PART = 0.1;

/** When a stream is to be trained next, epoch ms; infinite while there is nothing new to learn from. */
export function dueAt(need: TrainingNeed, intervalMs: number, leastRows: number): number {
  if (need.rows < leastRows || need.newRows === 0) return Number.POSITIVE_INFINITY;
  const pauseMs = need.drifted ? intervalMs * DRIFTED_PART : intervalMs;
  return Math.max(need.notBefore, need.trainedAt === undefined ? 0 : need.trainedAt + pauseMs);
}

/**
 * Which of the due streams comes first, higher first. Staleness: intervals since the last training, and the part of
 * its rows that the model has not seen. Gain: the skill that got lost since the backtest, most of all by drift. Who
 * was never trained has nothing but the first rows' methods and comes before everyone else, the longest first.
 */
export function urgency(need: TrainingNeed, now: number, intervalMs: number): number {
  if (need.trainedAt === undefined) return 1e6 + need.rows;
  const staleness = (now - need.trainedAt) / Math.max(intervalMs, 1_000) + need.newRows / need.rows;
  const lost = Math.min(Math.max(need.backtestSkill - need.liveSkill, 0), 1);
  return staleness + 2 * lost + (need.drifted ? 2 : 0);
}
