import type { HandoffStrategy } from '../../../../schema/log-entry.ts';
import type { EpochMs } from '../../../../schema/time.ts';
import type { Gap } from '../questions/questions.ts';
import type { Facts, StreamFacts } from './facts.ts';
import type { HandoffState, Outcome } from './state-machine.ts';

/** A handoff as far as its steps are judged by it. Times are the database's. */
export interface Judged {
  readonly strategy: HandoffStrategy;
  readonly state: HandoffState;
  readonly stepSince: EpochMs;
  readonly stepTimeoutMs: number;
  readonly windowMs: number;
  /** How long a heartbeat may be missing before an instance counts as dead, in ms. */
  readonly patienceMs: number;
  /** When the source was told to stop, of these streams. */
  readonly switchedAt: EpochMs | null;
  /** Whether streams are left after these. */
  readonly moreLots: boolean;
}

/** How long a target has to live on before the source may stop: this part of the patience with heartbeats. */
const STEADY = 4;

/** What became of a step: it waits for something, or is over. */
export type Verdict =
  | { readonly outcome: null; readonly waitingFor: string }
  | { readonly outcome: Outcome; readonly notes: string; readonly validation?: unknown };

/** Judges the present step by what is so now. `gaps` are those of the streams since the handoff began with them. */
export function judge(handoff: Judged, facts: Facts, gaps: readonly Gap[], factor: number): Verdict {
  const verdict = judgeStep(handoff, facts, gaps, factor);
  if (verdict.outcome !== null || isUndoing(handoff.state)) return verdict;
  if (facts.now - handoff.stepSince < handoff.stepTimeoutMs) return verdict;
  return failed(`${handoff.stepTimeoutMs / 1_000} s were not enough: ${verdict.waitingFor}`);
}

/** Why a handoff can't begin. */
export function problemsOf({ strategy }: Pick<Judged, 'strategy'>, facts: Facts): string[] {
  const { source, target, streams } = facts;
  const problems: string[] = [];
  if (source.retired) problems.push(`"${source.name}" is retired.`);
  if (!target.alive) problems.push(`"${target.name}" is not heard of; start it first.`);
  if (!source.alive && strategy !== 'MAINTENANCE') {
    problems.push(`"${source.name}" is not heard of; what is dead is handed over by maintenance.`);
  }
  if (streams.length === 0) problems.push(`"${source.name}" collects nothing that could be handed over.`);
  const archived = named(streams.filter((stream) => stream.archived));
  if (archived) problems.push(`Archived: ${archived}.`);
  const notWanted = named(streams.filter((stream) => !stream.source.wanted));
  if (notWanted) problems.push(`"${source.name}" is not to collect ${notWanted}.`);
  const notOffered = named(streams.filter((stream) => !stream.target.offered));
  if (notOffered) {
    problems.push(`"${target.name}" can't collect ${notOffered}; give it the same sources.`);
  }
  const foreign = named(streams.filter(({ author }) => author !== target.clientId));
  if (foreign) {
    problems.push(
      `"${target.name}" may not publish on ${foreign}; give it the same key as "${source.name}".`,
    );
  }
  return problems;
}

function judgeStep(handoff: Judged, facts: Facts, gaps: readonly Gap[], factor: number): Verdict {
  const { source, target, streams } = facts;
  switch (handoff.state) {
    case 'preparing': {
      const problems = problemsOf(handoff, facts);
      return problems.length > 0
        ? failed(problems.join(' '))
        : done(`"${target.name}" is alive and can collect ${count(streams)}.`);
    }
    case 'starting': {
      if (!target.alive) return failed(`"${target.name}" is not heard of.`);
      const missing = named(streams.filter((stream) => !stream.target.collecting));
      if (missing) return waiting(`"${target.name}" to collect ${missing}`);
      // A source that died now would be taken to have collected until it was last heard of, and no longer.
      const apart = named(streams.filter((stream) => isApart(handoff, source, stream)));
      if (apart) return waiting(`"${source.name}" to be heard of while both collect ${apart}`);
      return done(`"${target.name}" collects ${count(streams)}.`);
    }
    case 'validating':
      return validate(handoff, facts, factor);
    case 'stopping': {
      // Half of the patience: the source may not have heard yet that it is to stop.
      if (handoff.strategy !== 'MAINTENANCE' && target.seenAt < facts.now - handoff.patienceMs / 2) {
        return failed(`"${target.name}" is not heard of.`);
      }
      const left = named(streams.filter((stream) => stream.source.collecting));
      if (left) return waiting(`"${source.name}" to stop collecting ${left}`);
      return done(`"${source.name}" collects none of ${count(streams)}.`);
    }
    case 'confirming':
      return confirm(handoff, facts, gaps, factor);
    case 'restoring': {
      const missing = named(streams.filter((stream) => !stream.archived && !stream.source.collecting));
      return missing
        ? waiting(`"${source.name}" to collect ${missing} again`)
        : done(`"${source.name}" collects.`);
    }
    case 'releasing': {
      const left = named(streams.filter((stream) => stream.target.collecting && !stream.target.wanted));
      return left
        ? waiting(`"${target.name}" to stop collecting ${left}`)
        : done(`"${target.name}" was let go.`);
    }
    case 'completed':
    case 'rolled_back':
      return waiting('nothing: it is over');
  }
}

/** Whether nothing shows yet that both collected a stream at a time. */
function isApart({ strategy }: Judged, source: Facts['source'], stream: StreamFacts): boolean {
  if (strategy === 'MAINTENANCE' || !source.alive || !stream.source.collecting) return false;
  return (stream.target.since ?? 0) > source.seenAt;
}

/** Something of each stream has to come from the target; what comes more seldom than the step may take is not due. */
function validate(handoff: Judged, { target, streams }: Facts, factor: number): Verdict {
  if (!target.alive) return failed(`"${target.name}" is not heard of.`);
  const stopped = named(streams.filter((stream) => !stream.target.collecting));
  if (stopped) return waiting(`"${target.name}" to collect ${stopped}`);
  // One that died just now is still taken for alive: it has to have lived on for a while.
  if (target.seenAt < handoff.stepSince + handoff.patienceMs / STEADY) {
    return waiting(`"${target.name}" to collect for a while`);
  }
  const due = streams.filter((stream) => isDue(stream, handoff.stepTimeoutMs, factor));
  const silent = named(due.filter((stream) => stream.target.messages === 0));
  if (silent) return waiting(`"${target.name}" to have something of ${silent}`);
  return done(`"${target.name}" has something of ${count(due)}.`, {
    streams: streams.map((stream) => ({
      stream: stream.name,
      messages: stream.target.messages,
      due: isDue(stream, handoff.stepTimeoutMs, factor),
    })),
  });
}

/** Nobody may have been missing across the switch, and each stream that is due has to have gone on after it. */
function confirm(handoff: Judged, facts: Facts, gaps: readonly Gap[], factor: number): Verdict {
  const { target, streams } = facts;
  if (!target.alive) return failed(`"${target.name}" is not heard of.`);
  const stopped = named(streams.filter((stream) => !stream.target.collecting));
  if (stopped) return failed(`"${target.name}" stopped collecting ${stopped}.`);
  const allowed = handoff.strategy === 'MAINTENANCE' ? handoff.windowMs : 0;
  const lengths = new Map(
    streams.map(({ name, cadenceSeconds }) => [name, (cadenceSeconds ?? 0) * factor * 1_000]),
  );
  const tooLong = gaps.filter(
    ({ kind, stream, durationMs }) =>
      durationMs > allowed + (kind === 'DATA' && allowed > 0 ? (lengths.get(stream.name) ?? 0) : 0),
  );
  const validation = {
    allowedMs: allowed,
    gaps: gaps.map(({ kind, stream, from, to }) => ({ kind, stream: stream.name, from, to })),
  };
  if (tooLong.length > 0) {
    const shown = tooLong
      .slice(0, 5)
      .map(({ kind, stream, durationMs }) => `${stream.name} (${kind.toLowerCase()}, ${durationMs} ms)`);
    return { ...failed(`There are gaps across the switch: ${shown.join(', ')}.`), validation };
  }
  const { switchedAt } = handoff;
  const due = streams.filter((stream) => isDue(stream, handoff.stepTimeoutMs, factor));
  const silent = named(due.filter(({ target: side }) => (side.lastMessageAt ?? 0) < (switchedAt ?? 0)));
  if (silent) return waiting(`"${target.name}" to have something of ${silent} from after the switch`);
  return {
    outcome: handoff.moreLots ? 'more' : 'done',
    notes: gaps.length === 0 ? `No gap of ${count(streams)} across the switch.` : 'Gaps within the window.',
    validation,
  };
}

function isDue({ cadenceSeconds }: StreamFacts, stepTimeoutMs: number, factor: number): boolean {
  return cadenceSeconds !== null && cadenceSeconds * factor * 1_000 <= stepTimeoutMs;
}

function isUndoing(state: HandoffState): boolean {
  return state === 'restoring' || state === 'releasing';
}

function done(notes: string, validation?: unknown): Verdict & { readonly outcome: Outcome } {
  return { outcome: 'done', notes, ...(validation === undefined ? {} : { validation }) };
}

function failed(notes: string): Verdict & { readonly outcome: Outcome } {
  return { outcome: 'failed', notes };
}

function waiting(waitingFor: string): Verdict & { readonly outcome: null } {
  return { outcome: null, waitingFor };
}

/** Names of streams, the first few; empty for none. */
function named(streams: readonly StreamFacts[]): string {
  const shown = streams.slice(0, 5).map(({ name }) => `"${name}"`);
  return streams.length > 5 ? `${shown.join(', ')} and ${streams.length - 5} more` : shown.join(', ');
}

function count({ length }: readonly StreamFacts[]): string {
  return length === 1 ? 'one stream' : `${length} streams`;
}
