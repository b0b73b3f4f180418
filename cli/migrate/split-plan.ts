import { parseDecimal } from '../../schema/decimal.ts';
import type { EpochMs } from '../../schema/time.ts';
import { parseTimestamp } from '../../server/collectors/csv/timestamp.ts';
import type { LegacyRow } from './legacy-rows.ts';

/** What was filed under one uuid and one name: a stream to be. */
export interface SplitStream {
  readonly uuid: string;
  readonly name: string;
  rows: number;
  /** Rows that can't be published. */
  bad: number;
  first: EpochMs | null;
  last: EpochMs | null;
}

export interface BadRow {
  readonly line: number;
  readonly message: string;
}

/** A row that can be published. */
export interface GoodRow {
  readonly line: number;
  readonly stream: string;
  readonly observedAt: EpochMs;
  readonly value: string;
}

/** Old data, by uuid and name. Names are few, so that a plan is small whatever the number of rows. */
export class SplitPlan {
  readonly streams = new Map<string, SplitStream>();

  /** Counts a row, and says what it comes to. */
  add(row: LegacyRow): GoodRow | BadRow {
    const key = JSON.stringify([row.uuid, row.name]);
    const stream = this.streams.get(key) ?? {
      uuid: row.uuid,
      name: row.name,
      rows: 0,
      bad: 0,
      first: null,
      last: null,
    };
    this.streams.set(key, stream);
    stream.rows += 1;
    const read = readRow(row);
    if ('message' in read) stream.bad += 1;
    else {
      stream.first = Math.min(stream.first ?? read.observedAt, read.observedAt);
      stream.last = Math.max(stream.last ?? read.observedAt, read.observedAt);
    }
    return read;
  }

  /** Names that stand under several uuids: as one stream they would be mixed up. */
  ambiguous(): readonly string[] {
    const names = [...this.streams.values()].map(({ name }) => name);
    return [...new Set(names.filter((name, index) => names.indexOf(name) < index))];
  }
}

function readRow({ line, name, ts, value }: LegacyRow): GoodRow | BadRow {
  const observedAt = parseTimestamp(ts.trim());
  const decimal = parseDecimal(value);
  if (name.trim() === '') return { line, message: 'it has no name' };
  if (observedAt === undefined)
    return { line, message: `${JSON.stringify(ts.slice(0, 40))} is no time with a zone` };
  if (decimal === undefined) return { line, message: `${JSON.stringify(value.slice(0, 40))} is no decimal` };
  return { line, stream: name.trim(), observedAt, value: decimal };
}
