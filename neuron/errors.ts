/** Everything that can keep a neuron from starting, or stop it. */
export type NeuronCode =
  | 'BAD_CONFIG'
  | 'DATA_DIR_UNUSABLE'
  | 'DATA_DIR_IN_USE'
  | 'STORE_TOO_NEW'
  | 'KEY_FILE_UNSAFE'
  | 'KEY_FILE_BAD'
  | 'CURSOR_REFUSED'
  | 'SERVER_CHANGED';

/** A failure that no retry heals: the message says what the operator can do. */
export class NeuronError extends Error {
  override readonly name = 'NeuronError';
  readonly code: NeuronCode;

  constructor(code: NeuronCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The text of whatever was thrown, for a log line or a status. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
