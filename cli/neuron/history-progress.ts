import { Presets, SingleBar } from 'cli-progress';
import type { NeuronStatus } from '../../neuron/status.ts';

/** How often it is looked at, and how often it is said where there is no terminal, ms. */
const LOOK_MS = 250;
const SAY_MS = 5_000;
/** Less history than this is in before anyone could read about it. */
const WORTH_SHOWING = 2_000;

interface ProgressLog {
  info(fields: object, message: string): void;
}

/** Shows how far the history has come in: a bar on a terminal, a line in the log now and then elsewhere. */
export function historyProgress(
  status: () => NeuronStatus,
  output: NodeJS.WriteStream,
  log: ProgressLog,
): { end(): void } {
  const bar = output.isTTY
    ? new SingleBar(
        {
          stream: output,
          format: 'history {bar} {percentage}% of {total} entries, {eta_formatted} left',
          clearOnComplete: true,
          hideCursor: true,
        },
        Presets.shades_classic,
      )
    : undefined;
  let shown = false;
  let said = Date.now();
  const look = () => {
    const { phase, position, historyUpTo } = status();
    if (phase !== 'catching-up' || historyUpTo < WORTH_SHOWING) {
      if (shown) bar?.stop();
      shown = false;
    } else if (bar) {
      if (!shown) bar.start(historyUpTo, position);
      shown = true;
      bar.update(position);
    } else if (Date.now() - said > SAY_MS) {
      said = Date.now();
      log.info({ position, historyUpTo }, 'History is coming in.');
    }
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    end: () => {
      clearInterval(timer);
      if (shown) bar?.stop();
      shown = false;
    },
  };
}
