import {
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQuery,
} from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { scriptStatements } from './script-statements.ts';

/** Type oid of Postgres' internal one-byte `"char"`, which the catalogues are full of. */
const CHAR_OID = 18;

/**
 * The factory, with adapters that can read `"char"` columns: the schema engine's look at the catalogues needs them and
 * `@prisma/adapter-pg` 7.10 refuses that type. Each query that has one is asked again with the column cast to text.
 */
export function withCharColumns(
  factory: SqlMigrationAwareDriverAdapterFactory,
  url: string,
): SqlMigrationAwareDriverAdapterFactory {
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () => readChars(await factory.connect(), url),
    connectToShadowDb: async () => readChars(await factory.connectToShadowDb(), url),
  };
}

function readChars(adapter: SqlDriverAdapter, url: string): SqlDriverAdapter {
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query: SqlQuery) => {
    if (!/^\s*(SELECT|WITH)\b/i.test(query.sql)) return queryRaw(query);
    const fields = await describe(query, url);
    const isChar = fields.map((field) => field.dataTypeID === CHAR_OID);
    if (!isChar.includes(true)) return queryRaw(query);
    const result = await queryRaw({ ...query, sql: castChars(query.sql, fields) });
    const columnTypes = result.columnTypes.map((type, i) => (isChar[i] ? ColumnTypeEnum.Character : type));
    return { ...result, columnTypes };
  };
  // The adapter's own cuts a script at every semicolon, those within functions too.
  adapter.executeScript = async (script: string) => {
    for (const sql of scriptStatements(script)) await adapter.executeRaw({ sql, args: [], argTypes: [] });
  };
  return adapter;
}

/** Catalogues have the same columns in every database, so a query is described in the one at `url`. */
async function describe(query: SqlQuery, url: string): Promise<readonly pg.FieldDef[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const text = `SELECT * FROM (${withoutSemicolon(query.sql)}\n) AS described LIMIT 0`;
    return (await client.query(text, [...query.args])).fields;
  } finally {
    await client.end();
  }
}

function castChars(sql: string, fields: readonly pg.FieldDef[]): string {
  const columns = fields.map(({ name, dataTypeID }) => {
    const column = pg.escapeIdentifier(name);
    return dataTypeID === CHAR_OID ? `${column}::text AS ${column}` : column;
  });
  return `SELECT ${columns.join(', ')} FROM (${withoutSemicolon(sql)}\n) AS described`;
}

function withoutSemicolon(sql: string): string {
  return sql.trim().replace(/;$/, '');
}
