/** Where a value was given. */
export interface Origin {
  readonly kind: 'file' | 'environment' | 'flag';
  /** The file's path, the variable's or the flag's name. */
  readonly name: string;
}

/** A value that somebody gave a setting, unchecked. */
export interface Given {
  readonly raw: unknown;
  readonly origin: Origin;
}

/** Given values by setting path (`server.port`). */
export type GivenSettings = ReadonlyMap<string, Given>;

/** What one source gave, and what was wrong with the source itself. */
export interface SourceReading {
  readonly given: GivenSettings;
  readonly problems: readonly string[];
}

export function describeOrigin(origin: Origin): string {
  return `${origin.kind} ${origin.name}`;
}
