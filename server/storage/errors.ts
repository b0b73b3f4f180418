import { PresageError } from '../../schema/errors.ts';

/** Storage that can't be opened or used: the message says what is wrong with which directory, URL or server. */
export class StorageError extends PresageError {
  override readonly name = 'StorageError';

  constructor(message: string, options?: ErrorOptions) {
    super('UNAVAILABLE', message, options);
  }
}
