import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { startEmbeddedPostgres } from '../../server/storage/embedded-postgres.ts';
import { readMigrations } from '../../server/storage/migrations.ts';
import { packageRoot } from '../../server/storage/package-root.ts';
import { withCharColumns } from './char-columns.ts';

/**
 * The SQL that leads from the migrations to `schema.prisma`; empty if they agree. It is Prisma's own schema engine
 * that compares, as WebAssembly, on a PostgreSQL of its own that is thrown away afterwards.
 */
export async function diffMigrationsWithSchema(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'presage-schema-'));
  const postgres = await startEmbeddedPostgres(directory);
  try {
    return await diff(postgres.url);
  } finally {
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function diff(url: string): Promise<string> {
  const root = packageRoot();
  const schema = {
    path: 'schema.prisma',
    content: await readFile(join(root, 'prisma/schema.prisma'), 'utf8'),
  };
  const { SchemaEngine } = await loadEngine();
  const engine = await SchemaEngine.new(
    { datamodels: [[schema.path, schema.content]] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(withCharColumns(new PrismaPg(url), url)),
  );
  try {
    const migrations = await readMigrations();
    const result = await engine.diff({
      from: {
        tag: 'migrations',
        baseDir: join(root, 'prisma/migrations'),
        lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
        shadowDbInitScript: '',
        migrationDirectories: migrations.map(({ name, sql }) => ({
          path: name,
          migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
        })),
      },
      to: { tag: 'schemaDatamodel', files: [schema] },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    });
    const script = result.stdout ?? '';
    return script.includes('This is an empty migration') ? '' : script.trim();
  } finally {
    engine.free();
  }
}

/** Loads the engine as its package would, but for the `.wasm` import, which Node.js can't do yet. */
async function loadEngine(): Promise<typeof import('@prisma/schema-engine-wasm')> {
  const bindings = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const file = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const bytes = await readFile(file.replace(/\.js$/, '.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': { ...bindings } });
  bindings.__wbg_set_wasm(instance.exports);
  const start = instance.exports.__wbindgen_start;
  if (typeof start === 'function') start();
  return bindings;
}
