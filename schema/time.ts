/** Epoch milliseconds, UTC. */
export type EpochMs = number;

/** 0001-01-01T00:00:00.000Z: the first instant that both ISO 8601 text and Postgres write the same way. */
export const MIN_TIME: EpochMs = -62_135_596_800_000;
/** 9999-12-31T23:59:59.999Z. */
export const MAX_TIME: EpochMs = 253_402_300_799_999;

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?([Zz]|[+-](?:[01]\d|2[0-3]):?[0-5]\d)$/;
/** As `formatTime` writes it, and most clients: what the engine reads by itself. Days that not every month has are left out. */
const AS_FORMATTED = /^\d{4}-\d{2}-(?:[01]\d|2[0-8])T(?:[01]\d|2[0-3]):\d{2}:\d{2}\.\d{3}Z$/;

/**
 * Reads an ISO 8601 date and time with a zone (`2026-01-31T12:00:00Z`, `…+02:00`); `undefined` if it is none.
 * Digits past the millisecond are cut off. A time without a zone is refused, not guessed.
 */
export function parseTime(text: string): EpochMs | undefined {
  if (AS_FORMATTED.test(text)) return within(Date.parse(text));
  const match = ISO.exec(text.trim());
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second = '00', fraction = '', zone = 'Z'] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const local = Date.UTC(2000, Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const date = new Date(local);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3));
  return within(date.getTime() + milliseconds - zoneOffset(zone));
}

/** The time, if it is one that is kept: `NaN` is none. */
function within(time: EpochMs): EpochMs | undefined {
  return time >= MIN_TIME && time <= MAX_TIME ? time : undefined;
}

function zoneOffset(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** ISO 8601 UTC with milliseconds, as the `DateTime` scalar writes it. */
export function formatTime(time: EpochMs): string {
  return new Date(time).toISOString();
}
