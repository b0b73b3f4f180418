import type { NeuronStatus } from '../../neuron/status.ts';
import type { TerminalLine } from '../terminal-line.ts';

/** How often it is looked at, and how often it is said where there is no terminal, ms. */
const LOOK_MS = 250;
const SAY_MS = 5_000;
/** Less history than this is in before anyone could read about it. */
const WORTH_SHOWING = 2_000;
const LONGEST_BAR = 40;
const SHORTEST_BAR = 5;

interface ProgressLog {
  info(fields: object, message: string): void;
}

/**
 * Shows how far the history has come in: a bar where there is a terminal, a line in the log now and then elsewhere
 * (`line` is undefined).
 */
export function historyProgress(
  status: () => NeuronStatus,
  line: TerminalLine | undefined,
  log: ProgressLog,
): { end(): void } {
  let said = Date.now();
  const look = () => {
    const { phase, position, historyUpTo } = status();
    if (phase !== 'catching-up' || historyUpTo < WORTH_SHOWING) line?.clear();
    else if (line) line.show(barText(Math.min(position, historyUpTo), historyUpTo, line.width));
    else if (Date.now() - said > SAY_MS) {
      said = Date.now();
      log.info({ position, historyUpTo }, 'History is coming in.');
    }
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    end: () => {
      clearInterval(timer);
      line?.clear();
    },
  };
}

/** What says most comes first where there is little room: the share, then the bar, then how many there are. */
export function barText(done: number, total: number, width: number): string {
  const share = `history ${Math.floor((100 * done) / total)} %`;
  const all = ` of ${total} entries`;
  const room = width - share.length - 1;
  const isWide = room - all.length >= SHORTEST_BAR;
  const barsize = Math.min(LONGEST_BAR, isWide ? room - all.length : room);
  if (barsize < SHORTEST_BAR) return share;
  const full = Math.round((barsize * done) / total);
  return `${share} ${'█'.repeat(full)}${'░'.repeat(barsize - full)}${isWide ? all : ''}`;
}
