/** Everything that can keep a neuron from starting, or stop it. */
export type NeuronCode =
  | 'BAD_CONFIG'
  | 'DATA_DIR_UNUSABLE'
  | 'DATA_DIR_IN_USE'
  | 'STORE_TOO_NEW'
  | 'KEY_FILE_UNSAFE'
  | 'KEY_FILE_BAD'
  | 'CURSOR_REFUSED'
  | 'SERVER_CHANGED'
  | 'UNKNOWN_STREAM'
  | 'BAD_IMPORT';

/** A failure that no retry heals: the message says what the operator can do. */
export class NeuronError extends Error {
  override readonly name = 'NeuronError';
  readonly code: NeuronCode;

  constructor(code: NeuronCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What SQLite's codes mean to an operator. */
const STORE_TROUBLE: Readonly<Record<string, string>> = {
  SQLITE_FULL: 'The disk is full, or neuron.db is as large as it may be; free some space',
  SQLITE_BUSY: 'Another program has locked neuron.db; end it',
  SQLITE_IOERR: 'The disk fails; check it',
  SQLITE_READONLY: 'neuron.db has become read-only; make it writable',
};

/** What keeps the store from being written, and the way out; undefined if it is something else that was thrown. */
export function storeTrouble(thrown: unknown): string | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const known = Object.keys(STORE_TROUBLE).find((name) => code.startsWith(name));
  return known && `${STORE_TROUBLE[known]} (${code}). Nothing is lost, and it goes on by itself.`;
}

/** The text of whatever was thrown, for a log line or a status. */
export function messageOf(thrown: unknown): string {
  const trouble = storeTrouble(thrown);
  if (trouble !== undefined) return trouble;
  return thrown instanceof Error ? thrown.message : String(thrown);
}
