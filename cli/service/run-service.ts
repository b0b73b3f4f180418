import { EXIT } from '../exit-codes.ts';
import { ready } from './messages.ts';
import { type StopReason, stopRequests } from './stop-requests.ts';

/** Everything has to be over this long after a stop was asked for, in ms: Ctrl-C takes 5 s at most. */
const STOP_LIMIT_MS = 4_500;

/** A program that runs until it is stopped. */
export interface Service {
  readonly url: string;
  stop(): Promise<void>;
  /** Resolves or rejects if it ends by itself, which counts as a failure; left out where that can't be. */
  readonly ended?: Promise<void>;
}

export interface ServiceOptions {
  /** Whether `presage start` looks after this process. */
  readonly supervised: boolean;
  readonly start: () => Promise<Service>;
  /** Tells people that it is up. A supervised service tells `start` instead. */
  readonly announce: (service: Service) => void;
  readonly log: ServiceLog;
  /** How long stopping may take, in ms. @default 4500 */
  readonly stopLimitMs?: number;
}

export interface ServiceLog {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Starts a service, and stops it in order when asked. Resolves when all is over; throws what its start threw. */
export async function runService(options: ServiceOptions): Promise<void> {
  const { supervised, start, announce, log, stopLimitMs = STOP_LIMIT_MS } = options;
  const stop = stopRequests({ supervised });
  let stopping = false;
  const noteStop = (reason: StopReason): void => {
    stopping = true;
    log.info({ reason }, 'Stopping.');
    // Counts for a start that is still under way, too.
    setTimeout(() => {
      log.error({ stopLimitMs }, 'It does not stop in time and is cut off.');
      process.exit(EXIT.failure);
    }, stopLimitMs).unref();
  };
  const requested = stop.requested.then(noteStop);
  try {
    const service = await start();
    if (!stopping) {
      if (supervised) process.send?.(ready(service.url));
      else announce(service);
    }
    await Promise.race([requested, ...(service.ended ? [service.ended] : [])]);
    await service.stop();
    if (stopping) log.info({}, 'Stopped.');
  } finally {
    stop.dispose();
    if (supervised && process.connected) process.disconnect();
  }
}
