import { PresageError } from '../../schema/errors.ts';

/** Storage that can't be opened or used: the message says what is wrong with which directory, URL or server. */
export class StorageError extends PresageError {
  override readonly name = 'StorageError';

  constructor(message: string, options?: ErrorOptions) {
    super('UNAVAILABLE', message, options);
  }
}

/** A statement of a reader that took as long as it may. The connection goes on; asking for less is what helps. */
export class ReadTimeout extends PresageError {
  override readonly name = 'ReadTimeout';

  constructor(mayMs: number, cause: unknown) {
    super(
      'TOO_COMPLEX',
      `Reading this took the database ${mayMs} ms, which is as long as it may; narrow the filter (name a stream, bound the time), leave out "contains", or ask for less. Where that is little already the database is slow: try again later, or have the operator raise PRESAGE_READ_TIMEOUT_MS.`,
      { cause },
    );
  }
}

/** What was thrown, as the error that it should be. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
