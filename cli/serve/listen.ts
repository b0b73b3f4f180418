import type { Server } from 'node:http';
import { PresageError } from '../../schema/errors.ts';

/** Listens and gives the port, which is the system's choice for port 0. Throws `UNAVAILABLE` that says what to do. */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)));
    server.listen({ host, port }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): PresageError {
  const where = `${host}:${port}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new PresageError(
        'UNAVAILABLE',
        `${where} is in use by another program; stop that one, or choose another port with --port or PRESAGE_PORT (0 for a free one).`,
        { cause: error },
      );
    case 'EACCES':
      return new PresageError(
        'UNAVAILABLE',
        `This user may not listen on ${where}; choose a port above 1023 with --port or PRESAGE_PORT.`,
        { cause: error },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new PresageError(
        'UNAVAILABLE',
        `${host} is no address of this machine; choose another with --host or PRESAGE_HOST.`,
        { cause: error },
      );
    default:
      return new PresageError('UNAVAILABLE', `Can't listen on ${where}: ${error.message}.`, { cause: error });
  }
}

/** Accepts nothing more and resolves when the requests under way are answered, or cut off after `graceMs`. */
export async function stopListening(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cut);
}
