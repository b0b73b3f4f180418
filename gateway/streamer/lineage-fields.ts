import type { LineageDocument } from '../../schema/log-entry.ts';

/** Name of the instance that a record is about, of a migration the one that takes over; a gap is about none. */
export function instanceOf(record: LineageDocument): string | null {
  switch (record.kind) {
    case 'instance':
      return record.name;
    case 'session':
      return record.instance.name;
    case 'migration':
      return record.target.name;
    case 'gap':
      return null;
  }
}

/** Uuids of the streams that a record is about. */
export function streamsOf(record: LineageDocument): readonly string[] {
  switch (record.kind) {
    case 'session':
    case 'migration':
      return record.streams.map(({ uuid }) => uuid);
    case 'gap':
      return [record.stream.uuid];
    case 'instance':
      return [];
  }
}
