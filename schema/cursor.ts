import { PresageError } from './errors.ts';
import type { Position } from './log-entry.ts';

/** A position as the opaque text that clients keep. It names its tenant, so that it can't be used in another. */
export function encodeCursor(tenant: string, position: Position): string {
  return Buffer.from(`${position}@${tenant}`, 'utf8').toString('base64url');
}

/** The position a cursor stands for. Throws `BAD_CURSOR` for text that is no cursor of this tenant. */
export function decodeCursor(tenant: string, cursor: string): Position {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const at = text.indexOf('@');
  const digits = text.slice(0, Math.max(at, 0));
  const position = Number(digits);
  if (
    !/^(?:0|[1-9]\d{0,15})$/.test(digits) ||
    !Number.isSafeInteger(position) ||
    text.slice(at + 1) !== tenant
  ) {
    throw badCursor(cursor);
  }
  return position;
}

/** The one answer to a cursor that can't be used, whatever the reason: foreign, ahead of the log, or nonsense. */
export function badCursor(cursor: string): PresageError {
  const shown = cursor.length > 60 ? `${cursor.slice(0, 60)}…` : cursor;
  return new PresageError(
    'BAD_CURSOR',
    `"${shown}" is not a cursor of this log; leave the cursor out to begin at the newest position, or use one that this server gave you.`,
  );
}
