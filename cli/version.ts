import { readFileSync } from 'node:fs';
import { z } from 'zod';

const PACKAGE = z.object({ name: z.literal('presage'), version: z.string() });

/** The version in package.json, which is a level or two up: sources and built code lie at different depths. */
export function version(): string {
  for (const place of ['../package.json', '../../package.json']) {
    try {
      const found = PACKAGE.safeParse(JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')));
      if (found.success) return found.data.version;
    } catch {
      // Not here.
    }
  }
  return 'unknown';
}
