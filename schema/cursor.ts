import { PresageError } from './errors.ts';
import type { Position } from './log-entry.ts';

/** Ends the place in a cursor's text; what follows is left alone by whoever decodes base64. */
const MARK = '=';

/**
 * A position as the opaque text that clients keep. It names its tenant, so that it can't be used in another, and by
 * `mark` the timeline that the entry at the position was written in, so that it can't be used once that entry is no part of
 * the log any more. One without a mark is a place and nothing else: programs that count positions make them.
 */
export function encodeCursor(tenant: string, position: Position, mark?: string): string {
  const place = Buffer.from(`${position}@${tenant}`, 'utf8').toString('base64url');
  return mark === undefined ? place : place + MARK + mark;
}

/** What a cursor says of the timeline of its entry, if it does. */
export function cursorMark(cursor: string): string | undefined {
  const at = cursor.indexOf(MARK);
  return at === -1 ? undefined : cursor.slice(at + 1) || undefined;
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

/**
 * The answer to a cursor whose entry is no part of the log any more, since the database was put back to an earlier state.
 * `resumeAfter` is the cursor up to which both are the same: `null` where that is not known.
 */
export function logTruncated(resumeAfter: string | null): PresageError {
  const what =
    resumeAfter === null
      ? 'forget what you have of this log, and begin anew without a cursor or with the first'
      : `forget what you have after the cursor "${resumeAfter}", and go on after that one`;
  return new PresageError(
    'LOG_TRUNCATED',
    `The log went back to an earlier state, and what it had at your cursor is no part of it any more: ${what} (extensions.resumeAfter).`,
    { details: { resumeAfter } },
  );
}
