import { startEmbeddedPostgres } from '../../server/storage/embedded-postgres.ts';

/** Starts the PostgreSQL of a directory, says where it is, and never stops it. */
const { url } = await startEmbeddedPostgres(process.argv[2] ?? '');
process.stdout.write(`${url}\n`);
setInterval(() => undefined, 60_000);
