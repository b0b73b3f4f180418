import type { LogEntry, Position } from '../../../schema/log-entry.ts';

/** The log as its readers see it; the gateway's `LogReader` has the same shape. */
export interface Log {
  head(tenant: string): Promise<Position>;
  /** A place in the log as clients keep it: at once, unless this process has not looked at the log yet. */
  cursor(tenant: string, position: Position): string | Promise<string>;
  /** Where a cursor is. Throws `BAD_CURSOR`, and `LOG_TRUNCATED` where the log has not got its entry any more. */
  resume(tenant: string, cursor: string): Promise<Position>;
  /** Called with committed entries in log order, after each commit of this process. */
  onCommit(listener: (tenant: string, entries: readonly LogEntry[]) => void): () => void;
}
