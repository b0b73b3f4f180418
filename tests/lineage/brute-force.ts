/** A session as it is written down; one without an end goes on, or fell silent at its heartbeat. Epoch ms. */
export interface Period {
  readonly start: number;
  readonly end: number | null;
  readonly heartbeat: number;
  readonly messages: number;
}

export interface History {
  readonly periods: readonly Period[];
  readonly observations: readonly number[];
  readonly now: number;
}

type Stretch = { readonly from: number; readonly to: number };

const STEP = 1_000;

function ends({ periods, now, patience }: History & { patience: number }) {
  return periods.map((period, index) => {
    const fresh = period.heartbeat >= now - patience;
    const open = period.end === null && fresh;
    const end = period.end ?? (fresh ? Math.max(period.heartbeat, now) : period.heartbeat);
    return { ...period, sessionId: index + 1, open, end };
  });
}

function inOrder<T extends { start: number; sessionId: number }>(all: readonly T[]): T[] {
  return [...all].sort((a, b) => a.start - b.start || a.sessionId - b.sessionId);
}

export function whoCollected(history: History & { patience: number }, at: number) {
  return inOrder(ends(history))
    .filter(({ start, end, open }) => at <= history.now && at >= start && (at < end || (open && at <= end)))
    .map(({ sessionId, end: endedAt, open }) => ({ sessionId, endedAt, open }));
}

/** Every whole second of the stretch up to now, asked one by one whether anybody collected. */
function covered(history: History & { patience: number }, { from, to }: Stretch): boolean[] {
  const all = ends(history);
  const seconds: boolean[] = [];
  for (let at = from; at < Math.min(to, history.now); at += STEP) {
    seconds.push(all.some(({ start, end }) => at >= start && at < end));
  }
  return seconds;
}

export function timelineOf(history: History & { patience: number }, stretch: Stretch, limit: number) {
  const to = Math.min(stretch.to, history.now);
  const found = inOrder(ends(history))
    .map((period) => ({
      ...period,
      durationMs: Math.min(period.end, to) - Math.max(period.start, stretch.from),
    }))
    .filter(({ durationMs }) => durationMs > 0);
  return {
    listed: found
      .slice(0, limit)
      .map(({ sessionId, durationMs, messages }) => ({ sessionId, durationMs, messages })),
    total: found.length,
    messages: found.reduce((sum, { messages }) => sum + messages, 0),
    coveredMs: covered(history, stretch).filter(Boolean).length * STEP,
  };
}

export function coverageGaps(history: History & { patience: number }, stretch: Stretch, minMs: number) {
  const gaps: { from: number; to: number; open: boolean }[] = [];
  covered(history, stretch).forEach((is, index) => {
    if (is) return;
    const from = stretch.from + index * STEP;
    const last = gaps.at(-1);
    if (last?.to === from)
      gaps.splice(-1, 1, { ...last, to: from + STEP, open: from + STEP === history.now });
    else gaps.push({ from, to: from + STEP, open: from + STEP === history.now });
  });
  return gaps.filter(({ from, to }) => to - from >= minMs);
}

export function dataGaps({ observations, now }: History, stretch: Stretch, most: number) {
  const to = Math.min(stretch.to, now);
  return observations
    .map((from, index) => ({ from, to: observations[index + 1] ?? now }))
    .filter((gap) => gap.to - gap.from > most)
    .map((gap) => ({ from: Math.max(gap.from, stretch.from), to: Math.min(gap.to, to) }))
    .filter((gap) => gap.from < gap.to)
    .map((gap) => ({ ...gap, open: gap.to === now }));
}
