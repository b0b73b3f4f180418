import { readFileSync } from 'node:fs';

const EVERY_MS = 5;

/**
 * The longest stretch that the main thread itself worked without giving the event loop back, in ms of its own
 * processor time: what a timer has to wait for beyond that is the machine being busy with something else. Linux only;
 * undefined elsewhere.
 */
export function watchMainThread(): { reset(): void; stop(): number | undefined } {
  let before = processorMs();
  let most = 0;
  const timer = setInterval(() => {
    const now = processorMs();
    if (now !== undefined && before !== undefined) most = Math.max(most, now - before);
    before = now;
  }, EVERY_MS);
  return {
    reset: () => {
      most = 0;
    },
    stop: () => {
      clearInterval(timer);
      return before === undefined ? undefined : most;
    },
  };
}

function processorMs(): number | undefined {
  try {
    const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1e6;
  } catch {
    return undefined;
  }
}
