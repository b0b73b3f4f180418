import { readFile, writeFile } from 'node:fs/promises';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { schema } from './schema.ts';

/** Writes the public schema to `schema/schema.graphql`; with `--check`, fails if that file says something else. */
const FILE = 'schema/schema.graphql';
const HEADER = '# Generated from server/graphql by `npm run generate`. Do not edit.\n\n';

const text = `${HEADER}${printSchema(lexicographicSortSchema(schema))}\n`;

if (process.argv.includes('--check')) {
  const committed = await readFile(FILE, 'utf8').catch(() => '');
  if (committed !== text) {
    process.stderr.write(`${FILE} differs from what server/graphql describes; run \`npm run generate\`.\n`);
    process.exitCode = 1;
  }
} else {
  await writeFile(FILE, text);
}
