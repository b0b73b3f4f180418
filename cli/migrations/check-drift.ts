import { diffMigrationsWithSchema } from './schema-diff.ts';

/** `npm run schema:drift`: fails unless the migrations lead exactly to `schema.prisma`. */
const sql = await diffMigrationsWithSchema();
if (sql !== '') {
  process.stderr.write(
    `schema.prisma and the migrations differ; npm run migration:new would write:\n\n${sql}\n`,
  );
  process.exit(1);
}
process.stdout.write('schema.prisma and the migrations agree.\n');
