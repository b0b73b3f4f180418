import { randomBytes, randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { PrismaClient } from '../../../prisma/client/client.ts';
import { PresageError } from '../../../schema/errors.ts';

/** What all processes of one installation share. */
export interface ServerFacts {
  readonly serverId: string;
  /** Signs challenges and access tokens. */
  readonly tokenSecret: Buffer;
}

const SERVER_ID = 'server_id';
const TOKEN_SECRET = 'token_secret';

/** Reads the facts of this installation. Whoever starts first makes them; processes that start together agree. */
export async function serverFacts(prisma: PrismaClient): Promise<ServerFacts> {
  await prisma.serverFact.createMany({
    data: [
      { key: SERVER_ID, value: randomUUID() },
      { key: TOKEN_SECRET, value: randomBytes(32).toString('base64url') },
    ],
    skipDuplicates: true,
  });
  const rows = await prisma.serverFact.findMany({ where: { key: { in: [SERVER_ID, TOKEN_SECRET] } } });
  const facts = new Map(rows.map(({ key, value }) => [key, value]));
  const serverId = facts.get(SERVER_ID);
  const secret = facts.get(TOKEN_SECRET);
  if (!serverId || !secret)
    throw new Error('server_facts has lost the id or the secret of this installation');
  return { serverId, tokenSecret: Buffer.from(secret, 'base64url') };
}

/** The id of the installation whose database this is, for programs beside its servers. Throws `NOT_FOUND`. */
export async function installationId(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ value: string }>('SELECT value FROM server_facts WHERE key = $1', [
    SERVER_ID,
  ]);
  if (rows[0]) return rows[0].value;
  throw new PresageError('NOT_FOUND', 'No server has used this database yet; start one first.');
}
