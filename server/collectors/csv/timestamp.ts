import { type EpochMs, MAX_TIME, MIN_TIME, parseTime } from '../../../schema/time.ts';

/** Whole numbers from here on are milliseconds: as seconds they would be after the year 5138. */
const FIRST_MILLISECONDS = 100_000_000_000;

const DATE = /^\d{4}-\d\d-\d\d$/;

/**
 * Reads the `ts` of a CSV row: ISO 8601 with a zone, a date (`2026-01-31`), whose midnight in UTC it is as in ECMAScript, or a
 * Unix time. A Unix time with a fraction, or below 100000000000 either side of zero, is in seconds; any other is in
 * milliseconds. Digits past the millisecond are cut off.
 */
export function parseTimestamp(text: string): EpochMs | undefined {
  if (DATE.test(text)) return parseTime(`${text}T00:00:00Z`);
  const match = /^([+-]?)(\d{1,15})(?:\.(\d{1,9}))?$/.exec(text);
  if (!match) return parseTime(text);
  const [, sign, whole = '', fraction] = match;
  const inSeconds = fraction !== undefined || Number(whole) < FIRST_MILLISECONDS;
  const milliseconds = inSeconds
    ? Number(whole) * 1_000 + Number((fraction ?? '').padEnd(3, '0').slice(0, 3))
    : Number(whole);
  const time = sign === '-' ? 0 - milliseconds : milliseconds;
  return time >= MIN_TIME && time <= MAX_TIME ? time : undefined;
}
