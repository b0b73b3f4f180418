import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../server/storage/package-root.ts';
import { diffMigrationsWithSchema } from './schema-diff.ts';

/** `npm run migration:new -- NAME`: writes the migration that leads to the present `schema.prisma`. */
const name = process.argv[2];
if (!name || !/^[a-z0-9_]+$/.test(name)) {
  process.stderr.write('Name the migration in lower case: npm run migration:new -- add_scores\n');
  process.exit(2);
}
const sql = await diffMigrationsWithSchema();
if (sql === '') {
  process.stdout.write('The migrations already lead to schema.prisma; nothing to write.\n');
} else {
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = join(packageRoot(), 'prisma/migrations', `${stamp}_${name}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'migration.sql'), `${sql}\n`);
  process.stdout.write(
    `Wrote prisma/migrations/${stamp}_${name}/migration.sql; read it before you commit it.\n`,
  );
}
