import type { Position } from '../../schema/log-entry.ts';

/** What a field may need besides its source. */
export interface CarriedWith {
  readonly tenant: string;
  /** A place in the tenant's log as clients keep it. */
  cursor(position: Position): string;
}

/**
 * Marks a field whose resolver reads nothing but its source and what goes with every event, and says how: the gateway then makes an
 * event's payload by itself, without executing the selection. Fields without a resolver need no mark.
 */
export function carried<Source>(read: (source: Source, given: CarriedWith) => unknown): {
  readonly extensions: { readonly carried: (source: Source, given: CarriedWith) => unknown };
} {
  return { extensions: { carried: read } };
}
