import { StorageError } from './errors.ts';
import type { SessionSettings } from './session.ts';

/** Checks that it is a URL of PostgreSQL. Throws `StorageError` that says how to write one. */
export function checkUrl(url: string): URL {
  const target = URL.canParse(url) ? new URL(url) : undefined;
  if (target && /^postgres(ql)?:$/.test(target.protocol)) return target;
  throw new StorageError(
    'DATABASE_URL is not a PostgreSQL URL; write it as postgresql://user:password@host:5432/database, with %40 for @ and the like in a password.',
  );
}

/** The schema that a URL names as Prisma does, by `?schema=`; undefined for the one that its user is in anyway. */
export function schemaOf(url: string): string | undefined {
  return checkUrl(url).searchParams.get('schema') || undefined;
}

/** What sessions of a URL begin with. */
export function settingsOf(url: string): SessionSettings {
  const schema = schemaOf(url);
  return schema === undefined ? {} : { search_path: quoted(schema) };
}

/** A name as SQL has it, whatever is in it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The URL without its password, for people. */
export function describe(url: string): string {
  const { host, pathname, username, searchParams } = checkUrl(url);
  const user = decodeURIComponent(username) || searchParams.get('user') || '(default user)';
  const where = searchParams.get('host') ?? decodeURIComponent(host);
  return `the database ${decodeURIComponent(pathname.slice(1)) || '(default)'} at ${where || '(default host)'} as ${user}`;
}
