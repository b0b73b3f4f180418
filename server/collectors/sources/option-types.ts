import { z } from 'zod';
import { parseDuration } from '../../../schema/duration.ts';
import { parsePath } from '../http/json-path.ts';

/** `30s`, `5m`, `1h`, `1d`, or `500ms`; in ms. */
export function duration() {
  return z.string().transform((text, context) => {
    const ms = parseDuration(text, ['ms', 's', 'm', 'h', 'd']);
    if (ms !== undefined) return ms;
    context.addIssue({ code: 'custom', message: `"${text}" is no duration; write 500ms, 30s, 5m, 1h or 1d` });
    return z.NEVER;
  });
}

/** A URL of the web. */
export function webUrl() {
  return z.url({ protocol: /^https?$/, message: 'must be a URL such as https://api.example.org/v1' });
}

/** A path into JSON, by its keys. */
export function jsonPath() {
  return z.string().transform((text, context) => {
    const path = parsePath(text);
    if (path) return path;
    context.addIssue({
      code: 'custom',
      message: `"${text}" is no path; write data.price, data[0].price or /data/0/price`,
    });
    return z.NEVER;
  });
}

/** What is said of a stream beside its name. */
export const STREAM_FACTS = {
  description: z.string().max(10_000).optional(),
  tags: z.array(z.string().min(1).max(100)).max(50).optional(),
  secondary: z.string().max(200).optional(),
};

/** The name of a stream. */
export function streamName() {
  return z.string().trim().min(1).max(200);
}
