import { EXIT } from './exit-codes.ts';

/**
 * What happens when nobody reads our output any more. A command that only prints is done then (`presage watch | head`);
 * a service goes on, and stops in order when it is told.
 */
export function onBrokenPipe(action: 'exit' | 'go on'): void {
  for (const output of [process.stdout, process.stderr]) {
    output.removeAllListeners('error');
    output.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (action === 'exit') process.exit(EXIT.ok);
    });
  }
}
