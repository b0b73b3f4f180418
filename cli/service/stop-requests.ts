import { EXIT } from '../exit-codes.ts';
import { fromStart } from './messages.ts';

/** Why a program should stop, in words. */
export type StopReason = string;

export interface StopRequests {
  /** Resolves with the first request. */
  readonly requested: Promise<StopReason>;
  /** The same as a signal, for what takes one. */
  readonly signal: AbortSignal;
  /** Listens no more: signals do again what they do by default. */
  dispose(): void;
}

/**
 * Waits for Ctrl-C, SIGTERM or the terminal's end. A second one ends the process at once, with code 130.
 *
 * A program that `presage start` supervises leaves Ctrl-C and the terminal to it, so that programs stop in the right
 * order; it stops when told, and by itself when `start` is gone without a word.
 */
export function stopRequests({ supervised = false } = {}): StopRequests {
  const controller = new AbortController();
  let resolve: (reason: StopReason) => void = () => {};
  const requested = new Promise<StopReason>((settle) => {
    resolve = settle;
  });
  const request = (reason: StopReason): void => {
    resolve(reason);
    controller.abort();
  };
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    request(name);
  };
  const ignore = (): void => {};
  const fromTerminal = supervised ? ignore : onSignal;
  const onMessage = (message: unknown): void => {
    if (fromStart(message)) request('told by presage start');
  };
  const onDisconnect = (): void => request('presage start is gone');

  process.on('SIGTERM', onSignal);
  process.on('SIGINT', fromTerminal);
  process.on('SIGHUP', fromTerminal);
  if (supervised) {
    process.on('message', onMessage);
    process.on('disconnect', onDisconnect);
    // It may have gone before we listened.
    if (!process.connected) onDisconnect();
  }
  return {
    requested,
    signal: controller.signal,
    dispose: () => {
      process.off('SIGTERM', onSignal);
      process.off('SIGINT', fromTerminal);
      process.off('SIGHUP', fromTerminal);
      process.off('message', onMessage);
      process.off('disconnect', onDisconnect);
    },
  };
}
