import { type EpochMs, parseTime } from '../../schema/time.ts';

/** From here on an epoch is in ms, µs and ns: in the unit before, it would be after the year 5138. */
const EPOCH_UNITS: readonly (readonly [from: number, perMs: number])[] = [
  [1e17, 1e6],
  [1e14, 1e3],
  [1e11, 1],
];

/** Reads a date and time as text (UTC where it names no zone) or an epoch in s, ms, µs or ns. */
export function timeOf(cell: string | number | bigint | Buffer | null): EpochMs | undefined {
  if (cell === null || Buffer.isBuffer(cell)) return undefined;
  const text = String(cell).trim();
  if (/^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text)) {
    const epoch = Number(text);
    const perMs = EPOCH_UNITS.find(([from]) => Math.abs(epoch) >= from)?.[1] ?? 1e-3;
    const ms = Math.round(epoch / perMs);
    return Math.abs(ms) <= 8.64e15 ? ms : undefined;
  }
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(\.\d+)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i.exec(
    text,
  );
  if (!match) return undefined;
  const [, date, clock = '00:00', seconds = ':00', fraction = '', zone = 'Z'] = match;
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2');
  return parseTime(`${date}T${clock}${seconds}${fraction.slice(0, 4)}${offset.toUpperCase()}`);
}
