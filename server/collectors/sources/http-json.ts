import { z } from 'zod';
import { parseTimestamp } from '../csv/timestamp.ts';
import { fetchJson } from '../http/fetch-json.ts';
import { valueAt } from '../http/json-path.ts';
import type { JsonText } from '../http/json-text.ts';
import { cadenceOf } from '../schedule.ts';
import { PartialFailure, type Sample } from '../source.ts';
import { jsonPath, STREAM_FACTS, streamName, webUrl } from './option-types.ts';
import { sourceKind } from './source-kind.ts';

const STREAM = z.strictObject({
  name: streamName(),
  value: jsonPath(),
  time: jsonPath().optional(),
  ...STREAM_FACTS,
});

/**
 * Any URL that answers with JSON: `value` is the path to the number (a JSON number or a text that holds one) and `time`,
 * optionally, to when it was so (ISO 8601 with a zone, or a Unix time in seconds or ms); otherwise it is the time of the
 * request. Several streams may come out of one answer. Headers and the URL may name environment variables (`${NAME}`).
 */
export const httpJson = sourceKind({
  type: 'http-json',
  every: '60s',
  options: z.strictObject({
    url: webUrl(),
    headers: z.record(z.string().regex(/^[\w-]+$/), z.string()).default({}),
    streams: z.array(STREAM).min(1).max(1_000),
    maxBytes: z.int().min(1).max(1_073_741_824).optional(),
  }),
  open: ({ url, headers, streams, maxBytes }, { name, schedule }) => [
    {
      name,
      streams: streams.map(({ value, time, ...stream }) => ({
        ...stream,
        tags: stream.tags ?? [],
        cadenceSeconds: cadenceOf(schedule),
      })),
      sample: async (signal) => {
        const json = await fetchJson({
          url,
          headers,
          signal,
          ...(maxBytes === undefined ? {} : { maxBytes }),
        });
        const now = Date.now();
        const problems: string[] = [];
        const samples = streams.flatMap((stream): Sample[] => {
          const value = textAt(json, stream.value);
          const time = stream.time && textAt(json, stream.time);
          const observedAt = stream.time ? parseTimestamp(time ?? '') : now;
          if (value !== undefined && observedAt !== undefined)
            return [{ stream: stream.name, value, observedAt }];
          problems.push(
            value === undefined ? nothingAt(stream.value) : `${nothingAt(stream.time ?? [])} that is a time`,
          );
          return [];
        });
        if (problems.length === 0) return samples;
        throw new PartialFailure(`${name}: ${problems.join('; ')}.`, samples);
      },
    },
  ],
});

function textAt(json: JsonText, path: readonly string[]): string | undefined {
  const value = valueAt(json, path);
  return typeof value === 'string' ? value : undefined;
}

function nothingAt(path: readonly string[]): string {
  return `there is nothing at /${path.join('/')}`;
}
