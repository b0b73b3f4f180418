/** What the API lets a request cost, and whom it lets read. Every bound is checked before anything is resolved. */
export interface ApiSettings {
  /** Whether reading works without a token. */
  readonly publicRead: boolean;
  /** Whether `X-Forwarded-For` is believed: only behind a proxy that sets it. */
  readonly trustProxy: boolean;
  /** Bytes of a request's body. */
  readonly maxBodyBytes: number;
  /** Bytes of all bodies that have begun to come and are not whole. */
  readonly maxUnfinishedBytes: number;
  /** Lexical tokens of an operation's text. Values belong in variables, which are not counted. */
  readonly maxTokens: number;
  /** How long operations from one address may take to be parsed and validated, in ms; a tenth of what passes is given back. */
  readonly maxReadingMs: number;
  /** Levels of fields below the operation. */
  readonly maxDepth: number;
  /** Aliases in one operation. */
  readonly maxAliases: number;
  /** Cost of an operation: 1 a field, times the page size below a connection, and 100 for a page inside a list. */
  readonly maxCost: number;
  /**
   * Characters of the operations whose parsed form is kept, the least recently used of which is dropped. That form takes
   * about a hundred bytes a character: operations are counted by their length, or anybody could fill the memory by long ones.
   */
  readonly cachedCharacters: number;
}

/** The defaults, which let a page of 1,000 with every field through, and 10,000 observations of 400 bytes each. */
export const DEFAULT_API_SETTINGS: ApiSettings = Object.freeze({
  publicRead: true,
  trustProxy: false,
  maxBodyBytes: 4 * 1024 * 1024,
  maxUnfinishedBytes: 256 * 1024 * 1024,
  maxTokens: 5_000,
  maxReadingMs: 5_000,
  maxDepth: 12,
  maxAliases: 30,
  maxCost: 50_000,
  cachedCharacters: 500_000,
});

/** The part of a pino logger that the API uses. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
